#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tools/cli/manual.hpp"

/// Options that several programs share.
namespace lenet::cli {

/// The device that a program computes on.
struct DeviceOptions {
  std::string device = "auto";
  std::int64_t threads = 0;  ///< CPU threads; 0: one per core
};

/// The images that weights are evaluated on.
struct ImageOptions {
  std::string split = "test";
  std::optional<std::string> data;
  std::optional<std::int64_t> validation;  ///< if empty, that of the run that trained the weights
};

/// The options that ask about the program itself.
struct ProgramQuestions {
  bool help = false;
  bool version = false;
};

Option device_option(std::string_view group, std::string* field);
Option threads_option(std::string_view group, std::int64_t* field);
Option data_option(std::string_view group, std::optional<std::string>* field,
                   std::string_view help = "MNIST's four files");
Option split_option(std::string_view group, std::string* field);
/// Returns the option for the number of training images that were held out when existing weights were
/// trained.
Option held_back_option(std::string_view group, std::optional<std::int64_t>* field);
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
