#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/descriptor.hpp"

namespace lenet::cli {

/// Returns whether there is an entry of this name. One that cannot be looked at counts as missing.
bool is_there(const std::filesystem::path& path);

/// The folder of a run, locked against other programs that write to it. Whatever the folder holds is to be
/// read only after it has been locked: another program may have trained in it until then.
class RunFolder {
 public:
  /// Creates runs/<model>-<n> with the next free number, or `out`, which must be empty or not exist. Two
  /// programs that start at the same time get different folders. Throws IoError, or UsageError if `out` is
  /// not empty.
  static RunFolder make(std::string_view model, const std::optional<std::string>& out);
  /// Returns the folder that make() would create now.
  static std::filesystem::path next(std::string_view model, const std::optional<std::string>& out);
  /// Opens the folder of a stopped run, which may also be named by its last.bin. Throws UsageError if there
  /// is no run in it, IoError if the run is still running.
  static RunFolder open(const std::filesystem::path& run);
  /// Creates a folder outside runs/ that is removed with the object.
  static RunFolder temporary();

  ~RunFolder();
  RunFolder(RunFolder&& other) noexcept;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  RunFolder(std::filesystem::path path, Descriptor lock, bool is_temporary = false);
  static RunFolder make_named(const std::filesystem::path& path);

  std::filesystem::path path_;
  Descriptor lock_;
  bool is_temporary_ = false;
};

}  // namespace lenet::cli
