// Reads options from the environment.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {
namespace {

constexpr std::string_view kVariablePrefix = "LENET_";

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

void refuse_misspelled_variables(const OptionSet& options) {
  std::vector<std::string> names;
  for (const Option& option : options.options()) {
    if (!option.flag_only)
      names.push_back(upper(config_key(option)));
    else if (option.name == "help" || option.name == "version")
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
    if (std::ranges::find(known, name) != known.end()) continue;
    if (const auto guess = nearest(name, known))
      throw UsageError(
          fmt::format("unknown variable {0}{1}: did you mean {0}{2}?", kVariablePrefix, name, *guess));
  }
}

}  // namespace lenet::cli
