#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace lenet {

/// Returns the bytes of a file, which may be empty. Throws IoError.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` by these bytes: written to a temporary in the same folder, fsynced, renamed, the folder
/// fsynced. A reader, or the next start after a crash, sees the old file or the new one, whole. Throws
/// IoError.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace lenet
