#pragma once

#include <filesystem>

#include "engine/core/descriptor.hpp"

/// Flushing to the disk. Throws IoError if the disk fails. On a file system that cannot flush, a warning says
/// once that a power failure may lose what was written, and the program goes on.
namespace lenet {

/// Flushes what was written to an open file. `path` is used only in errors.
void sync_file(const Descriptor& file, const std::filesystem::path& path);

/// Flushes the names in a folder: of files that were created, renamed or removed in it. An empty path is the
/// current folder.
void sync_folder(const std::filesystem::path& folder);

}  // namespace lenet
