// Writes a program's manual page in the man macros, see man(7).
#include <array>
#include <fmt/format.h>

#include "engine/core/text.hpp"
#include "tools/cli/manual.hpp"
#include "tools/cli/version.hpp"

namespace lenet::cli {
namespace {

constexpr std::array<std::string_view, 10> kPrograms = {
    "lenet_bench",   "lenet_data",   "lenet_eval", "lenet_export", "lenet_plot",
    "lenet_predict", "lenet_report", "lenet_runs", "lenet_serve",  "lenet_train"};

/// Returns the code point that starts at `text`, which is valid UTF-8, and moves `text` behind it.
char32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? first : first & (0x7Fu >> length);
  for (const char byte : text.substr(1, length - 1))
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  text.remove_prefix(length);
  return code;
}

/// Returns text that troff prints as it is: an unescaped hyphen would be a typographic one, which cannot be
/// searched for or copied, and a dot at the start of a line a request.
std::string escaped(std::string_view text) {
  std::string result;
  bool at_line_start = true;
  while (!text.empty()) {
    const char32_t code = take_code_point(text);
    if (at_line_start && (code == '.' || code == '\'')) result += "\\&";
    at_line_start = code == '\n';
    if (code == '\\')
      result += "\\e";
    else if (code == '-')
      result += "\\-";
    else if (code > 0x7F)
      result += fmt::format("\\[u{:04X}]", static_cast<std::uint32_t>(code));
    else
      result += static_cast<char>(code);
  }
  return result;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escaped(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", escaped(text)); }
std::string section(std::string_view title) { return fmt::format(".SH {}\n", title); }

/// Returns lines as they are, one below the other.
std::string verbatim(std::string_view lines) { return fmt::format(".nf\n{}\n.fi\n", escaped(lines)); }

std::string item(const std::string& term, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", term, escaped(text));
}

std::string option_item(const Option& option) {
  std::string term = option.letter ? bold(fmt::format("-{}", option.letter)) + ", " : "";
  term += bold(fmt::format("--{}", option.name));
  if (!option.is_switch()) term += " " + italic(option.metavar);
  if (option.is_switch() && **std::get_if<bool*>(&option.field))
    term += ", " + bold(fmt::format("--no-{}", option.name));
  std::string help(option.help);
  if (!option.choices.empty()) help += (help.empty() ? "" : ": ") + list_of(option.choices);
  if (!option.shown_default.empty()) help += fmt::format(" (default: {})", option.shown_default);
  return item(term, help);
}

std::string option_items(const OptionSet& options) {
  std::string page;
  std::string_view group;
  for (const Option& option : options.options()) {
    if (option.group != group) page += fmt::format(".SS {}\n", escaped(group = option.group));
    page += option_item(option);
  }
  return page;
}

std::string commands_section(const Manual& manual) {
  std::string page = section("COMMANDS");
  for (const Manual& command : manual.commands) {
    page += fmt::format(".SS {}\n{}\n", escaped(command.name), escaped(command.purpose));
    for (const Option& option : command.options.options())
      if (!manual.options.find(option.name)) page += option_item(option);
  }
  return page;
}

/// Names the variables of the options of a program and of its commands; empty if it reads none.
std::string environment_section(const Manual& manual) {
  std::string page;
  const auto add = [&](const OptionSet& options) {
    for (const Option& option : options.options()) {
      const std::string variable = fmt::format(".TP\n{}\n", bold(environment_name(option)));
      if (!option.flag_only && page.find(variable) == std::string::npos)
        page += fmt::format("{}a value for {}\n", variable, bold(fmt::format("--{}", option.name)));
    }
  };
  add(manual.options);
  for (const Manual& command : manual.commands) add(command.options);
  if (page.empty()) return page;
  return section("ENVIRONMENT") + "Options on the command line win over variables.\n" + page;
}

std::string exit_status_section() {
  return section("EXIT STATUS") + item(bold("0"), "success") + item(bold("1"), "an error at run time") +
         item(bold("2"), "wrong usage") + item(bold("130"), "ended by SIGINT") +
         item(bold("143"), "ended by SIGTERM");
}

std::string see_also_section(std::string_view program) {
  std::string list;
  for (const std::string_view other : kPrograms)
    if (other != program) list += fmt::format("{}{}(1)", list.empty() ? "" : ",\n", bold(other));
  return section("SEE ALSO") + list + "\n";
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& letter : result)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return result;
}

}  // namespace

std::string manual_page(const Manual& manual) {
  std::string page = fmt::format(".\\\" written by `{} --man`\n", manual.name);
  page +=
      fmt::format(".TH {} 1 {} \"lenet {}\" \"User Commands\"\n", upper(manual.name), kReleaseDay, kVersion);
  page += section("NAME") + fmt::format("{} \\- {}\n", manual.name, escaped(manual.summary));
  page += section("SYNOPSIS") + verbatim(manual.usage);
  page += section("DESCRIPTION") + escaped(manual.purpose) + "\n";
  if (!manual.notes.empty()) page += fmt::format(".PP\n{}\n", escaped(manual.notes));
  if (!manual.commands.empty()) page += commands_section(manual);
  page +=
      section("OPTIONS") + option_items(manual.options) + environment_section(manual) + exit_status_section();
  std::string examples(manual.examples);
  for (const Manual& command : manual.commands) examples += fmt::format("\n{}", command.examples);
  page += section("EXAMPLES") + verbatim(examples);
  return page + see_also_section(manual.name);
}

}  // namespace lenet::cli
