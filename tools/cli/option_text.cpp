// Writes options as the help screen.
#include <algorithm>
#include <fmt/format.h>

#include "engine/core/text.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/manual.hpp"

namespace lenet::cli {
namespace {

/// Returns "--batch N" or, for a switch that is on by default, "--[no-]deterministic".
std::string flag_text(const Option& option) {
  const std::string letter = option.letter ? fmt::format("-{}, ", option.letter) : "";
  if (!option.is_switch()) return fmt::format("{}--{} {}", letter, option.name, option.metavar);
  const bool on = **std::get_if<bool*>(&option.field);
  return fmt::format("{}--{}{}", letter, on ? "[no-]" : "", option.name);
}

/// The columns and line breaks of the help screen, for a terminal of a given width.
class Layout {
 public:
  explicit Layout(int width) : narrow_(width > 0 && width < kScreen ? width - 1 : 0) {}

  bool is_narrow() const { return narrow_ > 0; }
  /// Returns a name with its help: next to it, or on a narrow terminal below it.
  std::string entry(std::string_view name, std::string_view help) const {
    if (!is_narrow()) return fmt::format("  {:<{}} {}\n", name, kHelpColumn - 3, help);
    return fmt::format("  {}\n", name) + wrapped(fmt::format("{:6}{}\n", "", help), narrow_, 6);
  }
  /// Returns sentences whose lines are as long as the screen is wide.
  std::string sentences(std::string_view text) const {
    std::string flowing(text);
    if (is_narrow()) std::ranges::replace(flowing, '\n', ' ');
    return wrapped(flowing + "\n", narrow_, 0);
  }
  std::string usage(const std::string& lines) const { return wrapped(lines, narrow_, 7); }
  /// Returns one long line in several, each after the first indented.
  std::string list(const std::string& line) const {
    return line.empty() ? "" : wrapped(line + "\n", is_narrow() ? narrow_ : kScreen - 1, 2);
  }

 private:
  static constexpr int kScreen = 80;  // columns that the texts are written for
  static constexpr std::size_t kHelpColumn = 26;

  int narrow_;  ///< columns that a narrow terminal has room for; 0 if it is not narrow
};

std::string option_entry(const Option& option, const Layout& layout) {
  std::string help(option.help);
  if (!option.choices.empty()) help += (help.empty() ? "" : ": ") + list_of(option.choices);
  if (!option.shown_default.empty()) help += fmt::format(" [{}]", option.shown_default);
  return layout.entry(flag_text(option), help);
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
std::string variables_of(const OptionSet& options) {
  std::string text;
  for (const Option& option : options.options())
    if (!option.flag_only)
      text += (text.empty() ? "Variables set defaults: " : ", ") + environment_name(option);
  return text;
}

}  // namespace

std::string help_text(const Manual& manual, int width) {
  const Layout layout(width);
  std::string help = layout.usage(indented("usage: ", manual.usage)) + layout.sentences(manual.purpose);
  if (!manual.commands.empty()) help += "\nCommands\n";
  for (const Manual& command : manual.commands) help += layout.entry(command.name, command.summary);
  std::string_view group;
  for (const Option& option : manual.options.options()) {
    if (option.group != group) help += fmt::format("\n{}\n", group = option.group);
    help += option_entry(option, layout);
  }
  help += '\n';
  if (!manual.notes.empty()) help += layout.sentences(manual.notes);
  const bool notes_have_them = manual.notes.find("LENET_") != std::string_view::npos;
  if (!notes_have_them) help += layout.list(variables_of(manual.options));
  // Commands stay whole, so that they can be copied.
  return help + (layout.is_narrow() ? "Example:\n" + indented("  ", manual.examples)
                                    : indented("Example: ", manual.examples));
}

}  // namespace lenet::cli
