#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <vector>

#include "engine/core/error.hpp"
#include "tools/cli/bench_options.hpp"
#include "tools/cli/data_options.hpp"
#include "tools/cli/eval_options.hpp"
#include "tools/cli/plot_options.hpp"
#include "tools/cli/predict_options.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/train_options.hpp"

namespace lenet::cli {
namespace {

/// The arguments of the `compgen` call that completes a value; empty if nothing can be offered, as for a
/// number.
struct Values {
  std::string compgen;
  bool are_files = false;
};

/// The completion data of a program: its flags (per command, if it has commands) and the values of each flag.
struct Words {
  std::map<std::string, std::string> by_command;  ///< separated by blanks; "" for a program without commands
  std::map<std::string, Values> after_flag;
  bool takes_files = false;  ///< in addition to its options
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

template <class Options>
Words words_of(OptionSet (*option_set)(Options&), bool takes_files) {
  Options defaults;
  Words words{.takes_files = takes_files};
  add_flags(words, "", option_set(defaults));
  return words;
}

Words words_of_data() {
  DataOptions defaults;
  Words words;
  for (const DataCommand& command : data_commands()) {
    words.by_command[""] += fmt::format("{} ", command.name);
    add_flags(words, std::string(command.name), command.options(defaults));
  }
  words.by_command[""] += "--help --version ";
  return words;
}

Words words_of_program(std::string_view program) {
  if (program == "lenet_train") return words_of(train_option_set, false);
  if (program == "lenet_eval") return words_of(eval_option_set, true);
  if (program == "lenet_plot") return words_of(plot_option_set, true);
  if (program == "lenet_predict") return words_of(predict_option_set, true);
  if (program == "lenet_bench") return words_of(bench_option_set, false);
  return words_of_data();
}

std::string complete_with(const Values& values) {
  if (values.compgen.empty()) return "return";
  return fmt::format("{}mapfile -t COMPREPLY < <(compgen {} -- \"$word\"); return",
                     values.are_files ? "compopt -o filenames 2>/dev/null; " : "", values.compgen);
}

}  // namespace

std::string completion_script(std::string_view program, std::string_view shell) {
  if (shell != "bash") throw UsageError(fmt::format("--completion: '{}' is not bash", shell));
  const Words words = words_of_program(program);
  std::string script = fmt::format(
      "# bash completion for {0}, written by `{0} --completion bash`\n"
      "_{0}() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words\n"
      "  # bash takes --option=value apart at the sign\n"
      "  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=${{COMP_WORDS[COMP_CWORD - "
      "2]}}; fi\n"
      "  COMPREPLY=()\n"
      "  case $before in\n",
      program);
  for (const auto& [flag, values] : words.after_flag)
    script += fmt::format("    {}) {} ;;\n", flag, complete_with(values));
  script += "  esac\n  case ${COMP_WORDS[1]} in\n";
  for (const auto& [command, flags] : words.by_command)
    if (!command.empty()) script += fmt::format("    {}) words='{}' ;;\n", command, flags);
  script += fmt::format("    *) words='{}' ;;\n  esac\n", words.by_command.at(""));
  if (words.takes_files)
    script += fmt::format("  if [[ $word != -* ]]; then {}; fi\n", complete_with({"-f", true}));
  return script +
         fmt::format("  {}\n}}\ncomplete -F _{} {}\n", complete_with({"-W \"$words\""}), program, program);
}

}  // namespace lenet::cli
