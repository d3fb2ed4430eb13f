#include "tools/cli/common_options.hpp"

#include <array>
#include <iostream>

#include "engine/core/error.hpp"
#include "engine/device/devices.hpp"
#include "tools/cli/version.hpp"

namespace lenet::cli {
namespace {

constexpr std::array<std::string_view, 3> kSplits = {"train", "validation", "test"};
constexpr Limits kThreads{.lowest = 0, .highest = 1024};
constexpr Limits kHeldBack{.lowest = 1, .highest = 1e9};

}  // namespace

Option device_option(std::string_view group, std::string* field) {
  return Option{"device", "NAME", group, device::device_syntax(), "auto", field}.suggesting(
      device::device_names());
}

Option threads_option(std::string_view group, std::int64_t* field) {
  return Option{"threads", "N", group, "CPU threads; 0: one per core", "0", field}.within(kThreads);
}

Option data_option(std::string_view group, std::optional<std::string>* field, std::string_view help) {
  return {"data", "DIR", group, help, "found by itself", field};
}

Option split_option(std::string_view group, std::string* field) {
  return Option{"split", "NAME", group, "", "test", field}.among(kSplits);
}

Option held_back_option(std::string_view group, std::optional<std::int64_t>* field) {
  return Option{"validation", "N", group, "training images that were held back", "as in training", field}
      .within(kHeldBack);
}

Option help_option(std::string_view group, bool* field, std::string_view help) {
  return Option{"help", "", group, help, "", field}.only_flag();
}

Option version_option(std::string_view group, bool* field) {
  return Option{"version", "", group, "the version", "", field}.only_flag();
}

std::optional<CommandLine> read_options(OptionSet& options, ProgramQuestions& questions, int argc,
                                        const char* const* argv) {
  CommandLine line = parse_command_line(options, argc, argv);
  questions = {.help = line.has("help"), .version = line.has("version")};
  if (questions.help || questions.version) return std::nullopt;
  apply_environment(options);
  apply_command_line(options, line);
  return line;
}

bool answered(const ProgramQuestions& questions, const std::function<Manual()>& manual) {
  if (questions.help)
    std::cout << help_text(manual());
  else if (questions.version)
    std::cout << version_text() << '\n';
  return questions.help || questions.version;
}

void refuse_positionals(const CommandLine& line) {
  if (!line.positionals.empty())
    throw UsageError("'" + line.positionals.front() + "' is not expected: see --help");
}

}  // namespace lenet::cli
