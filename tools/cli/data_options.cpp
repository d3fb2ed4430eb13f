#include "tools/cli/data_options.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"

namespace lenet::cli {
namespace {

constexpr Limits kImages{.lowest = 1, .highest = 1e7};

OptionSet with_questions(std::vector<Option> options, DataOptions& o) {
  options.push_back(help_option("Other", &o.questions.help));
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
      Option{"seed", "N", "Data", "which digits", "1", &o.seed}.within({.lowest = 0}).only_flag(),
  }, o);
}

constexpr std::array<DataCommand, 4> kCommands = {{
    {"fetch", "download MNIST (11 MB) and check it",
     {"lenet_data fetch [options]",
      "Downloads MNIST's four files and checks them; what is there already stays.",
      "Example: lenet_data fetch --out data/mnist"},
     fetch_options},
    {"verify", "compare the four files with MNIST's checksums",
     {"lenet_data verify [options]",
      "Tells MNIST's files from others and from damaged ones.\nThe exit code is 1 unless all four are MNIST's.",
      "Example: lenet_data verify --data data/mnist"},
     folder_options},
    {"synthesize", "draw digits for machines without MNIST",
     {"lenet_data synthesize [options]",
      "Draws digits with pens of its own into files of MNIST's form.",
      "Example: lenet_data synthesize --out digits && lenet_train --data digits"},
     synthesize_options},
    {"info", "count the images of each class, show the first",
     {"lenet_data info [options]",
      "Counts the images of each class and draws the first test images in the terminal.",
      "Example: lenet_data info --data data/mnist"},
     folder_options},
}};
// clang-format on

}  // namespace

std::span<const DataCommand> data_commands() { return kCommands; }

const DataCommand& data_command(std::string_view name) {
  const auto found = std::ranges::find(kCommands, name, &DataCommand::name);
  if (found != kCommands.end()) return *found;
  std::vector<std::string_view> names;
  for (const DataCommand& command : kCommands) names.push_back(command.name);
  throw UsageError(unknown_name("command", name, names));
}

std::string data_help() {
  std::string help =
      "usage: lenet_data COMMAND [options]\n"
      "Fetches, checks, draws and describes data sets of MNIST's form.\n\nCommands\n";
  for (const DataCommand& command : kCommands)
    help += fmt::format("  {:<24}{}\n", command.name, command.summary);
  return help +
         "\nOther\n"
         "  --help                  this text; after a command: its options\n"
         "  --version               the version\n\n"
         "Example: lenet_data fetch && lenet_data verify\n";
}

std::string data_help(const DataCommand& command) {
  DataOptions defaults;
  return help_text(command.options(defaults), command.help);
}

}  // namespace lenet::cli
