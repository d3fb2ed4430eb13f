#include "tools/cli/program_options.hpp"

#include <iostream>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/cli/version.hpp"

namespace lenet::cli {

Option help_option(std::string_view group, bool* field, std::string_view help) {
  return Option{"help", "", group, help, "", field}.short_form('h').only_flag();
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
  refuse_misspelled_variables(options);
  apply_command_line(options, line);
  return line;
}

bool answered(const ProgramQuestions& questions, const std::function<Manual()>& manual) {
  if (questions.help)
    std::cout << help_text(manual(), output_columns());
  else if (questions.version)
    std::cout << for_output(version_text() + "\n");
  return questions.help || questions.version;
}

void refuse_positionals(const CommandLine& line) {
  if (!line.positionals.empty())
    throw UsageError("'" + shortened(line.positionals.front()) + "' is not expected: see --help");
}

}  // namespace lenet::cli
