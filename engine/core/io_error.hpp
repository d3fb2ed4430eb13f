#pragma once

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/core/error.hpp"

namespace lenet {

/// Throws the IoError of a system call that failed with the errno value `error`: "best.bin: cannot be opened:
/// Permission denied".
[[noreturn]] inline void throw_io_error(const std::filesystem::path& path, std::string_view what, int error) {
  throw IoError(path.string() + ": cannot be " + std::string(what) + ": " + std::strerror(error));
}

}  // namespace lenet
