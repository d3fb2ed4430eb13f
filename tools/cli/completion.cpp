#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <vector>

#include "engine/core/error.hpp"
#include "tools/cli/manual.hpp"

namespace lenet::cli {
namespace {

/// The arguments of the `compgen` call that completes a value; empty if nothing can be offered, as for a
/// number.
struct Values {
  std::string compgen;
  bool are_files = false;
};

/// The completion data of a program: its words (per command, if it has commands) and the values of each flag.
struct Words {
  std::map<std::string, std::string> by_command;  ///< separated by blanks; "": those of the program itself
  std::map<std::string, Values> after_flag;
};

Values values_of(const Option& option) {
  if (option.metavar == "DIR" || option.metavar == "RUN") return {"-d", true};
  if (option.metavar == "FILE") return {"-f", true};
  const auto words = option.choices.empty() ? option.suggestions : option.choices;
  if (words.empty()) return {};
  return {fmt::format("-W '{}'", fmt::join(words, " "))};
}

/// Adds the flags of an option set to those of a command.
void add_flags(Words& words, const std::string& command, const OptionSet& set) {
  std::string& flags = words.by_command[command];
  for (const Option& option : set.options()) {
    const std::string flag = fmt::format("--{}", option.name);
    flags += flag + " ";
    if (const auto* on = std::get_if<bool*>(&option.field)) {
      if (**on) flags += fmt::format("--no-{} ", option.name);
      continue;
    }
    words.after_flag[flag] = values_of(option);
    if (option.letter) words.after_flag[fmt::format("-{}", option.letter)] = words.after_flag[flag];
  }
}

Words words_of(const Manual& manual) {
  Words words;
  for (const Manual& command : manual.commands) {
    words.by_command[""] += fmt::format("{} ", command.name);
    add_flags(words, std::string(command.name), command.options);
  }
  add_flags(words, "", manual.options);
  return words;
}

std::string complete_with(const Values& values) {
  if (values.compgen.empty()) return "return";
  return fmt::format("{}mapfile -t COMPREPLY < <(compgen {} -- \"$word\"); return",
                     values.are_files ? "compopt -o filenames 2>/dev/null; " : "", values.compgen);
}

}  // namespace

std::string completion_script(const Manual& manual, std::string_view shell) {
  if (shell != "bash") throw UsageError(fmt::format("--completion: '{}' is not bash", shell));
  const Words words = words_of(manual);
  std::string script = fmt::format(
      "# bash completion for {0}, written by `{0} --completion bash`\n"
      "_{0}() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words\n"
      "  # bash takes --option=value apart at the sign\n"
      "  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=${{COMP_WORDS[COMP_CWORD - "
      "2]}}; fi\n"
      "  COMPREPLY=()\n"
      "  case $before in\n",
      manual.name);
  for (const auto& [flag, values] : words.after_flag)
    script += fmt::format("    {}) {} ;;\n", flag, complete_with(values));
  script += "  esac\n  case ${COMP_WORDS[1]} in\n";
  for (const auto& [command, flags] : words.by_command)
    if (!command.empty()) script += fmt::format("    {}) words='{}' ;;\n", command, flags);
  script += fmt::format("    *) words='{}' ;;\n  esac\n", words.by_command.at(""));
  if (manual.takes_files)
    script += fmt::format("  if [[ $word != -* ]]; then {}; fi\n", complete_with({"-f", true}));
  return script + fmt::format("  {}\n}}\ncomplete -F _{} {}\n", complete_with({"-W \"$words\""}), manual.name,
                              manual.name);
}

}  // namespace lenet::cli
