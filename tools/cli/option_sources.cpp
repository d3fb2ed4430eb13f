// Reads options from the environment and from a TOML file.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {
namespace {

constexpr std::string_view kVariablePrefix = "LENET_";

std::string joined(const Option& option, char separator, bool upper) {
  std::string text(option.name);
  for (char& letter : text) {
    if (letter == '-') letter = separator;
    if (upper && letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

OptionValue value_of(const toml::node& node, const std::string& origin) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  throw UsageError(fmt::format("{}: must be one value: a text, a number, true or false", origin));
}

toml::table parse_toml(const std::string& path) {
  try {
    return toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const std::string what(error.description());
    if (error.source().begin.line == 0) throw UsageError(fmt::format("{}: cannot be read: {}", path, what));
    throw UsageError(fmt::format("{}:{}: {}", path, error.source().begin.line, what));
  }
}

}  // namespace

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
  for (const Option& option : options.options())
    if (!option.flag_only) names.push_back(joined(option, '_', true));
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

void apply_config_file(OptionSet& options, const std::string& path) {
  std::vector<std::string> keys;
  for (const Option& option : options.options())
    if (!option.flag_only) keys.push_back(config_key(option));
  for (const auto& [key, node] : parse_toml(path)) {
    const std::string place = fmt::format("{}:{}", path, node.source().begin.line);
    const auto option = std::ranges::find_if(options.options(), [&](const Option& candidate) {
      return !candidate.flag_only && config_key(candidate) == key.str();
    });
    if (option == options.options().end())
      throw UsageError(fmt::format(
          "{}: {}", place,
          unknown_name("key", key.str(), std::vector<std::string_view>(keys.begin(), keys.end()))));
    const std::string origin = fmt::format("{}: {}", place, key.str());
    options.assign(*option, value_of(node, origin), OptionSource::file, origin);
  }
}

std::string environment_name(const Option& option) {
  return std::string(kVariablePrefix) + joined(option, '_', true);
}

std::string config_key(const Option& option) { return joined(option, '_', false); }

}  // namespace lenet::cli
