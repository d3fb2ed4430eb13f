#include "engine/core/class_names.hpp"

#include <algorithm>

#include "engine/core/text.hpp"

namespace lenet {
namespace {

std::string_view without_blanks_around(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.starts_with(' ')) line.remove_prefix(1);
  while (line.ends_with(' ')) line.remove_suffix(1);
  return line;
}

/// Returns whether the text has one of Unicode's controls outside of ASCII and Latin-1 that break lines or
/// turn the writing direction (U+2028 to U+202E, U+2066 to U+2069), or the mark of byte order, which the next
/// reader would take for the file's own (U+FEFF).
bool has_layout_control(std::string_view text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const std::string_view letter = text.substr(i, 3);
    if ((letter >= "\u2028" && letter <= "\u202e") || (letter >= "\u2066" && letter <= "\u2069") ||
        letter == "\ufeff")
      return true;
  }
  return false;
}

std::string fault_in(const std::string& name) {
  if (name.empty()) return "is blank";
  if (name.size() > ClassNames::kLongest)
    return "is longer than " + std::to_string(ClassNames::kLongest) + " bytes";
  if (!is_utf8(name)) return "is not UTF-8";
  if (printable(name) != name || has_layout_control(name)) return "has a control character";
  return "";
}

}  // namespace

std::string ClassNames::of(std::int64_t label) const {
  const auto index = static_cast<std::size_t>(label);
  return index < names_.size() ? names_[index] : std::to_string(label);
}

std::string ClassNames::text() const {
  std::string text;
  for (const std::string& name : names_) text += (text.empty() ? "" : "\n") + name;
  return text;
}

std::vector<std::string> class_name_lines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> names;
  for (const std::string_view line : lines_of(text)) names.emplace_back(without_blanks_around(line));
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

std::string class_name_fault(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string line = "line " + std::to_string(i + 1);
    if (const std::string fault = fault_in(names[i]); !fault.empty()) return line + " " + fault;
    const auto first = std::ranges::find(names, names[i]) - names.begin();
    if (static_cast<std::size_t>(first) < i)
      return line + " has the name of line " + std::to_string(first + 1) + " again";
  }
  return "";
}

}  // namespace lenet
