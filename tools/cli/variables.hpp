#pragma once

#include <span>
#include <string_view>

namespace lenet::cli {

/// Returns the names of the variables that the programs read, without "LENET_", in order. One user's
/// variables are for all programs, and an option of one name may mean something else in another program.
std::span<const std::string_view> variables_of_all_programs();

}  // namespace lenet::cli
