#pragma once

#include <filesystem>

/// Where the running test program lies. What it finds from there it also finds in a build that was copied to
/// another place.
inline std::filesystem::path test_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}
