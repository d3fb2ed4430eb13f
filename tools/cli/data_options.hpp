#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/cli/program_options.hpp"

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
  std::string_view usage;
  std::string_view purpose;
  std::string_view example;
  OptionSet (*options)(DataOptions& options);  ///< returns its options, bound to the fields
};

/// Returns the command of a name. Throws UsageError for an unknown name and suggests the nearest.
const DataCommand& data_command(std::string_view name);

Manual command_manual(const DataCommand& command);
/// Returns the manual of lenet_data, with those of its commands.
Manual data_manual();

}  // namespace lenet::cli
