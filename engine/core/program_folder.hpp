#pragma once

#include <filesystem>

namespace lenet {

/// Returns the folder of the running program, links resolved.
std::filesystem::path program_folder();

}  // namespace lenet
