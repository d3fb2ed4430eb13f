#pragma once

namespace lenet::cli {

/// Runs a program's body and turns what it throws into one line on standard error and an exit code: 2 for a
/// UsageError, 1 for everything else, also if what was printed did not arrive.
/// Every program answers `--completion bash` with its completion script; help does not tell, the build
/// installs it.
int run_program(const char* name, int (*body)(int, const char* const*), int argc, char** argv);

}  // namespace lenet::cli
