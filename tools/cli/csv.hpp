#pragma once

#include <string>
#include <string_view>

namespace lenet::cli {

/// Returns a field of a CSV file, in quotes if it needs them (RFC 4180).
std::string csv_field(std::string_view text);

}  // namespace lenet::cli
