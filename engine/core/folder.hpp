#pragma once

#include <filesystem>

#include "engine/core/descriptor.hpp"

namespace lenet {

/// Creates a folder whose parent exists, and flushes its name to the disk. Returns false if there already is
/// an entry of this name. Throws IoError.
bool make_folder(const std::filesystem::path& folder);

/// Creates a folder and those above it where they do not exist. Throws IoError.
void make_folders(const std::filesystem::path& folder);

/// Throws an IoError unless a file of this path can be written now. Leaves a file that is there as it is. For
/// programs that work long before they write.
void require_place_for_file(const std::filesystem::path& file);

/// Returns whether a folder has no entries besides the lock file. Throws IoError if it cannot be read.
bool is_empty_folder(const std::filesystem::path& folder);

/// Locks a folder against the other programs that lock it, until the descriptor is closed or the process
/// ends, however it ends. Where folders cannot be locked, the file .lock in it is. Returns no descriptor if
/// another program holds the lock. Throws IoError if the folder cannot be opened.
Descriptor try_lock_folder(const std::filesystem::path& folder);

/// Locks a folder as try_lock_folder() does, but waits for the other program.
Descriptor lock_folder(const std::filesystem::path& folder);

/// Returns whether a program holds the lock of a folder. The question refuses no other program the lock for
/// longer than a moment. False if the folder cannot be opened.
bool is_folder_locked(const std::filesystem::path& folder);

}  // namespace lenet
