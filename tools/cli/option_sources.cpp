// Reads options from a TOML file, and writes them as one.
#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <toml++/toml.h>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {
namespace {

template <class T>
std::optional<T> held(const T* field) {
  return *field;
}

template <class T>
std::optional<T> held(const std::optional<T>* field) {
  return *field;
}

OptionValue value_of(const toml::node& node, const std::string& origin) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  throw UsageError(fmt::format("{}: must be one value: a text, a number, true or false", origin));
}

// Limits the depth of names with dots, a.b.c, which the parser follows by recursion. A configuration of all
// options has less than 10 KiB.
constexpr std::size_t kLargestFile = 64 << 10;

toml::table parse_toml(const std::string& path) {
  try {
    return toml::parse(read_file(path, kLargestFile), path);
  } catch (const toml::parse_error& error) {
    throw UsageError(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  } catch (const IoError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

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

std::optional<std::string> value_text(const Option& option) {
  return std::visit(
      [](const auto* field) -> std::optional<std::string> {
        const auto value = held(field);
        if (!value) return std::nullopt;
        return fmt::format("{}", *value);
      },
      option.field);
}

std::string config_text(const OptionSet& options) {
  std::ostringstream text;
  std::string_view group;
  for (const Option& option : options.options()) {
    if (option.flag_only) continue;
    std::visit(
        [&](const auto* field) {
          const auto value = held(field);
          if (!value) return;
          if (option.group != group) text << fmt::format("\n# {}\n", group = option.group);
          text << toml::table{{config_key(option), *value}} << '\n';
        },
        option.field);
  }
  return text.str();
}

}  // namespace lenet::cli
