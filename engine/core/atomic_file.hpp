#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "engine/core/descriptor.hpp"

namespace lenet {

/// The new content of a file, in a temporary file next to it until it is complete. Readers see either the old
/// file or the new one, even after a crash. If the path is a link, the file that it leads to is replaced. An
/// existing file keeps its mode.
class AtomicFile {
 public:
  /// Creates the temporary file. Throws IoError, also if the path is a folder, a device or a FIFO.
  explicit AtomicFile(const std::filesystem::path& path);
  /// Removes the temporary file unless it was committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws IoError.
  void write(std::span<const std::byte> bytes);
  /// Path of the temporary file.
  const std::filesystem::path& temporary() const { return temporary_; }
  /// Flushes the content to the disk, gives the file its name, and flushes that. Throws IoError.
  void commit();

 private:
  void create_temporary(bool is_private);

  std::filesystem::path path_;    ///< as the user knows it, for errors
  std::filesystem::path target_;  ///< where links lead
  std::filesystem::path temporary_;
  Descriptor file_;
};

/// Removes the temporary files that killed programs left in a folder, which must be locked against other
/// writers. Throws IoError if one cannot be removed.
void remove_temporaries(const std::filesystem::path& folder);

}  // namespace lenet
