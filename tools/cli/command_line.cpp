#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <span>
#include <system_error>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {
namespace {

/// A parsed argument: `--name`, `--name=value`, `--no-name`, `-n` or `-nvalue`.
struct Flag {
  const Option* option = nullptr;  ///< null if no option has this name
  bool negated = false;
  std::optional<std::string_view> value;
};

Flag short_flag(const OptionSet& options, std::string_view argument) {
  const auto found = std::ranges::find(options.options(), argument[1], &Option::letter);
  if (found == options.options().end()) return {};
  Flag flag{.option = &*found};
  if (argument.size() > 2) flag.value = argument.substr(2);
  return flag;
}

Flag long_flag(const OptionSet& options, std::string_view argument) {
  const std::size_t sign = argument.find('=');
  const std::string_view name = argument.substr(2, sign == argument.npos ? sign : sign - 2);
  Flag flag{.option = options.find(name)};
  if (!flag.option && name.starts_with("no-")) {
    const Option* const option = options.find(name.substr(3));
    if (option && option->is_switch()) flag = {.option = option, .negated = true};
  }
  if (sign != argument.npos) flag.value = argument.substr(sign + 1);
  return flag;
}

bool begins_like_flag(std::string_view argument) { return argument.size() > 1 && argument[0] == '-'; }

Flag flag_of(const OptionSet& options, std::string_view argument) {
  return argument.starts_with("--") ? long_flag(options, argument) : short_flag(options, argument);
}

/// Returns whether an argument may be an option's value: a negative number may, another option may not.
bool can_be_value(const OptionSet& options, std::string_view argument) {
  return !begins_like_flag(argument) ||
         (!argument.starts_with("--") && !short_flag(options, argument).option);
}

/// A name that other programs, or earlier releases, have for an option.
struct OtherName {
  std::string_view theirs;
  std::string_view ours;
};

constexpr std::array<OtherName, 23> kOtherNames = {{
    {"--batch-size", "batch"},
    {"--bs", "batch"},
    {"--learning-rate", "lr"},
    {"--rate", "lr"},
    {"--num-epochs", "epochs"},
    {"--max-epochs", "epochs"},
    {"--num-steps", "steps"},
    {"--max-steps", "steps"},
    {"--iterations", "steps"},
    {"--output", "out"},
    {"--output-dir", "out"},
    {"--logdir", "out"},
    {"--data-dir", "data"},
    {"--dataset", "data"},
    {"--gpu", "device"},
    {"--workers", "threads"},
    {"--num-workers", "threads"},
    {"--arch", "model"},
    {"--validation-freq", "evaluate-every"},
    {"--eval-steps", "evaluate-every"},
    {"--overwrite", "force"},
    {"--dtype", "precision"},
    {"--wait-every", "sync-every"},
}};

/// Throws UsageError for an argument that matches no option, most likely a misspelled flag.
[[noreturn]] void refuse_argument(const OptionSet& options, std::string_view argument) {
  std::vector<std::string> flags;
  for (const Option& option : options.options()) {
    flags.push_back(fmt::format("--{}", option.name));
    if (option.is_switch()) flags.push_back(fmt::format("--no-{}", option.name));
  }
  const std::vector<std::string_view> candidates(flags.begin(), flags.end());
  const std::string_view name = argument.substr(0, argument.find('='));
  const auto other = std::ranges::find(kOtherNames, name, &OtherName::theirs);
  if (other != kOtherNames.end() && options.find(other->ours))
    throw UsageError(fmt::format("unknown option {}: did you mean --{}?", name, other->ours));
  if (const auto guess = nearest(name, candidates))
    throw UsageError(fmt::format("unknown option {}: did you mean {}?", name, *guess));
  std::error_code ignored;
  if (std::filesystem::exists(argument, ignored))
    throw UsageError(fmt::format("unknown option {}: for the file of that name, write {}",
                                 shortened(argument), shell_quoted("./" + std::string(argument))));
  throw UsageError(fmt::format("unknown option {}: see --help", shortened(name)));
}

/// Adds an option with its value as text, and replaces an earlier one of that name.
void add(CommandLine& line, const Option& option, std::string_view text) {
  if (text.empty()) throw UsageError(fmt::format("--{}: must not be empty", option.name));
  std::erase_if(line.items, [&](const CommandLine::Item& item) { return item.option == &option; });
  line.items.push_back({&option, std::string(text), fmt::format("--{}", option.name)});
}

}  // namespace

CommandLine parse_command_line(const OptionSet& options, int argc, const char* const* argv) {
  CommandLine line;
  bool only_positionals = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.empty()) throw UsageError("an argument is empty: is a variable of the shell not set?");
    if (only_positionals || !begins_like_flag(argument)) {
      line.positionals.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      only_positionals = true;
      continue;
    }
    const Flag flag = flag_of(options, argument);
    if (!flag.option) refuse_argument(options, argument);
    if (flag.negated && flag.value)
      throw UsageError(fmt::format("--no-{} takes no value: see --help", flag.option->name));
    if (flag.value)
      add(line, *flag.option, *flag.value);
    else if (flag.option->is_switch())
      add(line, *flag.option, flag.negated ? "false" : "true");
    else if (i + 1 < argc && can_be_value(options, argv[i + 1]))
      add(line, *flag.option, argv[++i]);
    else
      throw UsageError(fmt::format("--{} needs a value: see --help", flag.option->name));
  }
  return line;
}

bool CommandLine::has(std::string_view name) const { return text_of(name).has_value(); }

std::optional<std::string> CommandLine::text_of(std::string_view name) const {
  const auto found = std::ranges::find(items, name, [](const Item& item) { return item.option->name; });
  if (found == items.end()) return std::nullopt;
  return found->text;
}

void apply_command_line(OptionSet& options, const CommandLine& line) {
  for (const auto& item : line.items)
    options.assign(*item.option, item.text, OptionSource::flag, item.origin);
}

}  // namespace lenet::cli
