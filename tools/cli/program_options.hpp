#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "tools/cli/manual.hpp"
#include "tools/cli/options.hpp"

/// What every program does with its command line. Needs no device and no library.
namespace lenet::cli {

/// The options that ask about the program itself.
struct ProgramQuestions {
  bool help = false;
  bool version = false;
};

Option help_option(std::string_view group, bool* field, std::string_view help = "this text");
Option version_option(std::string_view group, bool* field);

/// Reads the environment, then the command line, which takes precedence. Returns the command line, or nullopt
/// if it asks for help or the version: then only `questions` are filled, and no value is checked. Throws
/// UsageError.
std::optional<CommandLine> read_options(OptionSet& options, ProgramQuestions& questions, int argc,
                                        const char* const* argv);

/// Prints the help text or the version if requested. Returns whether it printed one of them.
bool answered(const ProgramQuestions& questions, const std::function<Manual()>& manual);

/// Throws UsageError for any argument that is not an option.
void refuse_positionals(const CommandLine& line);

}  // namespace lenet::cli
