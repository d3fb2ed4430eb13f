#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace lenet {

/// Returns the bytes of a regular file, which may be empty. Throws IoError, also if it has more than
/// `largest` bytes.
std::string read_file(const std::filesystem::path& path,
                      std::size_t largest = std::numeric_limits<std::size_t>::max());

/// Replaces the content of `path` as AtomicFile does. Throws IoError.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Removes the end of a file, from byte `size` on, and flushes it to the disk. Throws IoError.
void cut_file(const std::filesystem::path& path, std::uint64_t size);

/// Removes a file, if it is there. Throws IoError.
void remove_file(const std::filesystem::path& path);

}  // namespace lenet
