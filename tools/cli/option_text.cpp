// Writes options as text: the help screen and configuration files.
#include <fmt/format.h>
#include <sstream>
#include <toml++/toml.h>

#include "engine/core/text.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {
namespace {

constexpr std::size_t kHelpColumn = 26;

/// Returns "--batch N" or, for a switch that is on by default, "--[no-]deterministic".
std::string flag_text(const Option& option) {
  const std::string letter = option.letter ? fmt::format("-{}, ", option.letter) : "";
  if (!option.is_switch()) return fmt::format("{}--{} {}", letter, option.name, option.metavar);
  const bool on = **std::get_if<bool*>(&option.field);
  return fmt::format("--{}{}", on ? "[no-]" : "", option.name);
}

std::string option_line(const Option& option) {
  std::string help(option.help);
  if (!option.choices.empty()) help += (help.empty() ? "" : ": ") + list_of(option.choices);
  if (!option.shown_default.empty()) help += fmt::format(" [{}]", option.shown_default);
  return fmt::format("  {:<{}}{}\n", flag_text(option), kHelpColumn - 2, help);
}

template <class T>
std::optional<T> held(const T* field) {
  return *field;
}
template <class T>
std::optional<T> held(const std::optional<T>* field) {
  return *field;
}

}  // namespace

std::string help_text(const OptionSet& options, const HelpText& text) {
  std::string help = fmt::format("usage: {}\n{}\n", text.usage, text.purpose);
  std::string_view group;
  for (const Option& option : options.options()) {
    if (option.group != group) help += fmt::format("\n{}\n", group = option.group);
    help += option_line(option);
  }
  return help + fmt::format("\n{}\n", text.examples);
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
