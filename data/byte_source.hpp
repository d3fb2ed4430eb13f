#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace lenet::data {

/// The content of a file, read from its start: as it is, or decompressed if it begins like gzip (RFC 1952;
/// one member or several in a row). Only regular files are opened. Every error is a DataError that names the
/// file.
class ByteSource {
 public:
  static std::unique_ptr<ByteSource> open(const std::filesystem::path& path);
  virtual ~ByteSource() = default;

  /// Fills `bytes` as far as the content goes and says how far that was.
  virtual std::size_t read(std::span<std::uint8_t> bytes) = 0;
  /// The most bytes that the whole content can have, known from the file's size alone.
  virtual std::uint64_t largest_size() const = 0;
};

}  // namespace lenet::data
