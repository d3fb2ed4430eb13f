#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/core/descriptor.hpp"

namespace lenet {

/// A file that grows at its end. Each piece is one write(), so that killing the process tears at most the
/// last one.
class AppendFile {
 public:
  enum class Open { existing, created };

  /// Opens an existing file, or creates one, which must not exist yet. Throws IoError.
  AppendFile(std::filesystem::path path, Open how);

  /// Throws IoError; what was written of `bytes` is then removed again.
  void append(std::string_view bytes);
  /// Flushes the content to the disk; another thread may append meanwhile. Throws IoError.
  void sync() const;

 private:
  std::filesystem::path path_;
  Descriptor descriptor_;
  std::int64_t size_ = 0;
};

/// The files of a run that grow. A saved state relies on what they hold, so that they are flushed before it
/// is written.
class AppendFiles {
 public:
  /// Adds a file, which is flushed as long as it is open.
  void add(const std::shared_ptr<AppendFile>& file);
  /// Flushes all of them to the disk. Safe to call while other threads add files and append to them. Throws
  /// IoError.
  void sync() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<AppendFile>> files_;
};

}  // namespace lenet
