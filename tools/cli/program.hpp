#pragma once

#include <string>
#include <string_view>

namespace lenet::cli {

/// Runs a program's body and turns an exception into one line on standard error and an exit code: 2 for a
/// UsageError, 1 for everything else, also if standard output could not be written.
/// Every program answers `--completion bash` with its completion script, which the build installs; help
/// leaves it out.
int run_program(const char* name, int (*body)(int, const char* const*), int argc, char** argv);

/// Returns the script by which a shell completes the options of one of this project's programs, their values
/// and files. Made from the tables that parser and help read. Throws UsageError for other shells than bash.
std::string completion_script(std::string_view program, std::string_view shell);

}  // namespace lenet::cli
