#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/descriptor.hpp"

namespace lenet::cli {

/// The folder of a run, locked against a second program that writes into it.
class RunFolder {
 public:
  /// Makes runs/<model>-<n> with the next free number, or `out`, which must be empty or not there yet. Two
  /// programs that start at once get two folders. Throws IoError, or UsageError for an `out` that holds
  /// something.
  static RunFolder make(std::string_view model, const std::optional<std::string>& out);
  /// Returns the folder that make() would take now; makes nothing.
  static std::filesystem::path next(std::string_view model, const std::optional<std::string>& out);
  /// Opens the folder of a stopped run. Throws IoError if it is not there or its run still goes on.
  static RunFolder open(const std::filesystem::path& folder);
  /// Makes a folder outside of runs/ that is removed with the object.
  static RunFolder temporary();

  ~RunFolder();
  RunFolder(RunFolder&& other) noexcept;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  RunFolder(std::filesystem::path path, bool is_temporary);

  std::filesystem::path path_;
  bool is_temporary_ = false;
  Descriptor lock_;  ///< of the folder
};

}  // namespace lenet::cli
