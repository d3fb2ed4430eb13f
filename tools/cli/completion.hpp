#pragma once

#include <string>
#include <string_view>

namespace lenet::cli {

/// What a shell must read to complete the options of one of this project's programs, their values and files.
/// Made from the same tables as the parser and the help. Throws UsageError for other shells than bash.
std::string completion_script(std::string_view program, std::string_view shell);

}  // namespace lenet::cli
