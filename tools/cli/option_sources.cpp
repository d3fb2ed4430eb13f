// Where options come from: the command line, the environment, a TOML file.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <sstream>
#include <toml++/toml.h>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {
namespace {

constexpr std::string_view kVariablePrefix = "LENET_";

bool is_switch(const Option& option) { return std::holds_alternative<bool*>(option.field); }

// The error of an argument that nothing takes: most likely a flag with a slip in it.
[[noreturn]] void refuse_argument(const OptionSet& options, const std::string& argument) {
  std::vector<std::string> flags;
  for (const Option& option : options.options()) {
    flags.push_back(fmt::format("--{}", option.name));
    if (is_switch(option)) flags.push_back(fmt::format("--no-{}", option.name));
  }
  const std::vector<std::string_view> candidates(flags.begin(), flags.end());
  const std::string name = argument.substr(0, argument.find('='));
  if (const auto guess = nearest(name, candidates))
    throw UsageError(fmt::format("unknown option {}: did you mean {}?", name, *guess));
  throw UsageError(fmt::format("unknown option {}: see --help", name));
}

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

bool CommandLine::has(std::string_view name) const { return text_of(name).has_value(); }

std::optional<std::string> CommandLine::text_of(std::string_view name) const {
  const auto found =
      std::find_if(items.rbegin(), items.rend(), [&](const Item& item) { return item.option->name == name; });
  if (found == items.rend()) return std::nullopt;
  return found->text;
}

CommandLine parse_command_line(const OptionSet& options, int argc, const char* const* argv) {
  CLI::App app;
  app.set_help_flag();  // --help is an option like the others
  app.allow_extras();
  CommandLine line;
  for (const Option& option : options.options()) {
    const std::string flag = fmt::format("--{}", option.name);
    if (is_switch(option)) {
      app.add_flag(fmt::format("{},!--no-{}", flag, option.name))
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    } else {
      app.add_option(option.letter ? fmt::format("-{},{}", option.letter, flag) : flag)
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ArgumentMismatch& error) {  // "--out: 1 required  missing"
    const std::string_view text = error.what();
    throw UsageError(fmt::format("{} needs a value: see --help", text.substr(0, text.find(':'))));
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}: see --help", error.what()));
  }
  for (const std::string& rest : app.remaining()) {
    if (rest.starts_with("-") && rest.size() > 1) refuse_argument(options, rest);
    line.positionals.push_back(rest);
  }
  for (const Option& option : options.options()) {
    const std::string flag = fmt::format("--{}", option.name);
    const CLI::Option& found = *app.get_option(flag);
    if (found.count() > 0) line.items.push_back({&option, found.as<std::string>(), flag});
  }
  return line;
}

void apply_command_line(OptionSet& options, const CommandLine& line) {
  for (const auto& item : line.items)
    options.assign(*item.option, item.text, OptionSource::flag, item.origin);
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
