#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/cli/common_options.hpp"

namespace lenet::cli {

/// The options of lenet_data's commands.
struct DataOptions {
  std::optional<std::string> folder;  ///< the folder to fill or to inspect
  std::optional<std::string> mirror;  ///< URL of a folder; empty: the public mirrors
  std::int64_t training = 60'000;
  std::int64_t test = 10'000;
  std::int64_t seed = 1;
  ProgramQuestions questions;
};

/// A command of lenet_data.
struct DataCommand {
  std::string_view name;
  std::string_view summary;
  HelpText help;
  OptionSet (*options)(DataOptions& options);  ///< returns its options, bound to the fields
};

std::span<const DataCommand> data_commands();
/// Returns the command of a name. Throws UsageError for an unknown name and suggests the nearest.
const DataCommand& data_command(std::string_view name);

/// Returns the text of lenet_data --help: the commands.
std::string data_help();
/// Returns the text of --help after a command: its options.
std::string data_help(const DataCommand& command);

}  // namespace lenet::cli
