// Writes options as the help screen.
#include <fmt/format.h>

#include "engine/core/text.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/manual.hpp"

namespace lenet::cli {
namespace {

constexpr std::size_t kHelpColumn = 26;
constexpr int kHelpWidth = 79;

/// Returns "--batch N" or, for a switch that is on by default, "--[no-]deterministic".
std::string flag_text(const Option& option) {
  const std::string letter = option.letter ? fmt::format("-{}, ", option.letter) : "";
  if (!option.is_switch()) return fmt::format("{}--{} {}", letter, option.name, option.metavar);
  const bool on = **std::get_if<bool*>(&option.field);
  return fmt::format("{}--{}{}", letter, on ? "[no-]" : "", option.name);
}

std::string help_line(std::string_view name, std::string_view help) {
  return fmt::format("  {:<{}}{}\n", name, kHelpColumn - 2, help);
}

std::string option_line(const Option& option) {
  std::string help(option.help);
  if (!option.choices.empty()) help += (help.empty() ? "" : ": ") + list_of(option.choices);
  if (!option.shown_default.empty()) help += fmt::format(" [{}]", option.shown_default);
  return help_line(flag_text(option), help);
}

/// Puts a word in front of the first line, and blanks of its width in front of the others.
std::string indented(std::string_view word, std::string_view lines) {
  std::string text(word);
  for (const char letter : lines) {
    text += letter;
    if (letter == '\n') text.append(word.size(), ' ');
  }
  return text + '\n';
}

/// Names the variables that set a program's defaults; empty if there are none.
std::string variables_text(const OptionSet& options) {
  std::string text;
  for (const Option& option : options.options())
    if (!option.flag_only)
      text += (text.empty() ? "Variables set defaults: " : ", ") + environment_name(option);
  return text.empty() ? "" : wrapped(text, kHelpWidth, 2);
}

}  // namespace

std::string help_text(const Manual& manual) {
  std::string help = indented("usage: ", manual.usage) + fmt::format("{}\n", manual.purpose);
  if (!manual.commands.empty()) help += "\nCommands\n";
  for (const Manual& command : manual.commands) help += help_line(command.name, command.summary);
  std::string_view group;
  for (const Option& option : manual.options.options()) {
    if (option.group != group) help += fmt::format("\n{}\n", group = option.group);
    help += option_line(option);
  }
  help += '\n';
  if (!manual.notes.empty()) help += fmt::format("{}\n", manual.notes);
  const bool notes_have_them = manual.notes.find("LENET_") != std::string_view::npos;
  if (!notes_have_them) help += variables_text(manual.options);
  return help + indented("Example: ", manual.examples);
}

}  // namespace lenet::cli
