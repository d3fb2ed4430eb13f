#pragma once

#include "tools/cli/manual.hpp"

namespace lenet::cli {

/// Runs a program's body. Prints an exception as one line on standard error and returns the exit code: 2 for
/// a UsageError, 1 for other errors, including a failure to write standard output, and 141 if its reader has
/// gone.
/// Every program answers `--completion bash` and `--man`, which help does not list, with its completion
/// script and its manual page; the build installs both.
int run_program(const char* name, int (*body)(int, const char* const*), Manual (*manual)(), int argc,
                char** argv);

}  // namespace lenet::cli
