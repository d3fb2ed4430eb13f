// Reads options from the environment.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/variables.hpp"

namespace lenet::cli {
namespace {

constexpr std::string_view kVariablePrefix = "LENET_";

bool is_of_some_program(std::string_view name) {
  return std::ranges::find(variables_of_all_programs(), name) != variables_of_all_programs().end();
}

std::string upper(std::string text) {
  for (char& letter : text)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return text;
}

}  // namespace

std::string environment_name(const Option& option) {
  return std::string(kVariablePrefix) + upper(config_key(option));
}

void apply_environment(OptionSet& options) {
  for (const Option& option : options.options()) {
    if (option.flag_only) continue;
    const std::string name = environment_name(option);
    const char* text = std::getenv(name.c_str());
    if (text && *text) options.assign(option, std::string(text), OptionSource::environment, name);
  }
}

std::span<const std::string_view> variables_of_all_programs() {
  // A list, because a program links its own options alone.
  // clang-format off
  static constexpr std::array<std::string_view, 34> kNames = {
      "AUTOTUNE", "BATCH", "CUDA_GRAPH", "DATA", "DATA_ON_DEVICE", "DETERMINISTIC", "DEVICE", "DROPOUT",
      "EPOCHS", "EVALUATE_EVERY", "FORK_STEPS", "FUSED", "HISTOGRAMS_ON_DEVICE", "HOST", "INIT", "LR",
      "MODEL", "OPTIMIZER", "OUT", "PATIENCE", "PORT", "PRECISION", "QUIET", "RECIPE", "SEED", "SPLIT",
      "STEPS", "STEPS_PER_LAUNCH", "SYNC_EVERY", "TENSORBOARD", "THREADS", "TIMEOUT", "VALIDATION",
      "WARMUP",
  };
  // clang-format on
  return kNames;
}

void refuse_misspelled_variables(const OptionSet& options) {
  std::vector<std::string> names;
  for (const Option& option : options.options()) {
    const std::string name = upper(config_key(option));
    if (!option.flag_only)
      names.push_back(name);
    else if (option.name == "help" || option.name == "version" || is_of_some_program(name))
      continue;  // packagers set variables like LENET_VERSION
    else if (const char* text = std::getenv(environment_name(option).c_str()); text && *text)
      throw UsageError(fmt::format("{}: --{} can be given only on the command line", environment_name(option),
                                   option.name));
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (char** variable = environ; *variable; ++variable) {
    std::string_view name = *variable;
    name = name.substr(0, name.find('='));
    if (!name.starts_with(kVariablePrefix)) continue;
    name.remove_prefix(kVariablePrefix.size());
    if (is_of_some_program(name)) continue;
    if (const auto guess = nearest(name, known))
      throw UsageError(
          fmt::format("unknown variable {0}{1}: did you mean {0}{2}?", kVariablePrefix, name, *guess));
  }
}

}  // namespace lenet::cli
