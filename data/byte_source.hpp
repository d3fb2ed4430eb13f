#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace lenet::data {

/// Reads the content of a file from its start, decompressed if the file begins like gzip (RFC 1952; one
/// member or several in a row, and zeros after them, as on tapes). Opens only regular files. Every error is a
/// DataError that names the file.
class ByteSource {
 public:
  static std::unique_ptr<ByteSource> open(const std::filesystem::path& path);
  virtual ~ByteSource() = default;

  /// Fills `bytes` with the next part of the content. Returns how many bytes were read: fewer than `bytes`
  /// has only at the end of the content.
  virtual std::size_t read(std::span<std::uint8_t> bytes) = 0;
  /// Returns an upper bound for the size of the whole content, computed from the file's size.
  virtual std::uint64_t largest_size() const = 0;
  /// Returns a size that few contents exceed, for memory that is taken before they are read.
  virtual std::uint64_t likely_size() const = 0;
};

}  // namespace lenet::data
