#include "tools/cli/data_options.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/common_options.hpp"

namespace lenet::cli {
namespace {

constexpr Limits kImages{.lowest = 1, .highest = 1e7};

OptionSet with_questions(std::vector<Option> options, DataOptions& o, std::string_view help = "this text") {
  options.push_back(help_option("Other", &o.questions.help, help));
  options.push_back(version_option("Other", &o.questions.version));
  return OptionSet(std::move(options));
}

// clang-format off
OptionSet fetch_options(DataOptions& o) {
  return with_questions({
      Option{"out", "DIR", "Data", "folder to fill", "the user's cache", &o.folder}.only_flag(),
      Option{"mirror", "URL", "Data", "where to download from", "the public mirrors", &o.mirror}.only_flag(),
  }, o);
}

OptionSet folder_options(DataOptions& o) {
  return with_questions({data_option("Data", &o.folder)}, o);
}

OptionSet synthesize_options(DataOptions& o) {
  return with_questions({
      Option{"out", "DIR", "Data", "new or empty folder to fill", "synthetic-digits", &o.folder}.only_flag(),
      Option{"train", "N", "Data", "training images", "60000", &o.training}.within(kImages).only_flag(),
      Option{"test", "N", "Data", "test images", "10000", &o.test}.within(kImages).only_flag(),
      Option{"seed", "N", "Data", "random seed", "1", &o.seed}.within({.lowest = 0}).only_flag(),
  }, o);
}

constexpr std::array<DataCommand, 4> kCommands = {{
    {"fetch", "download MNIST (11 MB) and check it",
     "lenet_data fetch [options]",
     "Downloads MNIST's four files and checks them; what is there already stays.",
     "lenet_data fetch --out data/mnist",
     fetch_options},
    {"verify", "compare the four files with MNIST's checksums",
     "lenet_data verify [options]",
     "Checks whether the four files are MNIST's, and undamaged.\nThe exit code is 1 unless all four are MNIST's.",
     "lenet_data verify --data data/mnist",
     folder_options},
    {"synthesize", "draw synthetic digits, for machines without MNIST",
     "lenet_data synthesize [options]",
     "Draws synthetic digits and writes them in MNIST's file format.",
     "lenet_data synthesize --out digits && lenet_train --data digits",
     synthesize_options},
    {"info", "count the images of each class, show the first",
     "lenet_data info [options]",
     "Counts the images of each class and draws the first test images in the terminal.",
     "lenet_data info --data data/mnist",
     folder_options},
}};
// clang-format on

}  // namespace

const DataCommand& data_command(std::string_view name) {
  const auto found = std::ranges::find(kCommands, name, &DataCommand::name);
  if (found != kCommands.end()) return *found;
  std::vector<std::string_view> names;
  for (const DataCommand& command : kCommands) names.push_back(command.name);
  throw UsageError(unknown_name("command", name, names));
}

Manual command_manual(const DataCommand& command) {
  static DataOptions defaults;
  return {
      .name = command.name,
      .summary = command.summary,
      .usage = command.usage,
      .purpose = command.purpose,
      .examples = command.example,
      .options = command.options(defaults),
  };
}

Manual data_manual() {
  static DataOptions defaults;
  Manual manual{
      .name = "lenet_data",
      .summary = "fetch, check, draw and describe data sets",
      .usage = "lenet_data COMMAND [options]",
      .purpose = "Fetches, checks, draws and describes data sets in MNIST's format.",
      .examples = "lenet_data fetch && lenet_data verify",
      .options = with_questions({}, defaults, "this text; after a command: its options"),
  };
  for (const DataCommand& command : kCommands) manual.commands.push_back(command_manual(command));
  return manual;
}

}  // namespace lenet::cli
