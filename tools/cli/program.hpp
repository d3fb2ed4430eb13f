#pragma once

#include <string>
#include <string_view>

namespace lenet::cli {

/// Runs a program's body. Prints an exception as one line on standard error and returns the exit code: 2 for
/// a UsageError, 1 for other errors, including a failure to write standard output.
/// Every program answers `--completion bash`, an option that help does not list, with its completion script;
/// the build installs it.
int run_program(const char* name, int (*body)(int, const char* const*), int argc, char** argv);

/// Returns the shell script that completes a program's options, their values and files. Generated from the
/// tables that parser and help use. Throws UsageError for shells other than bash.
std::string completion_script(std::string_view program, std::string_view shell);

}  // namespace lenet::cli
