#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "engine/core/descriptor.hpp"

namespace lenet {

/// A regular file that is open for reading.
class InputFile {
 public:
  /// Throws IoError if there is no such file, or if it is a folder, a device or a FIFO; never waits for one.
  explicit InputFile(std::filesystem::path path);

  /// Returns the size in bytes when the file was opened. Files of /proc have content, but the size 0.
  std::uint64_t size() const { return size_; }
  /// Fills `bytes` with the next part. Returns how many bytes were read: fewer than `bytes` has only at the
  /// end of the file. Throws IoError.
  std::size_t read(std::span<std::byte> bytes);
  /// Goes back to the start of the file.
  void rewind();

 private:
  std::filesystem::path path_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace lenet
