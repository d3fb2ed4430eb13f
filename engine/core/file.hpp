#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace lenet {

/// Returns the bytes of a file, which may be empty. Throws IoError.
std::string read_file(const std::filesystem::path& path);

/// Replaces the content of `path`: writes a temporary file in the same folder, syncs it, renames it and syncs
/// the folder. Readers see either the complete old file or the complete new one, even after a crash. Throws
/// IoError.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Removes the end of a file, from byte `size` on, and flushes it to the disk. Throws IoError.
void cut_file(const std::filesystem::path& path, std::uint64_t size);

/// Removes a file, if it is there. Throws IoError.
void remove_file(const std::filesystem::path& path);

}  // namespace lenet
