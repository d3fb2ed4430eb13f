#include "tools/cli/folding.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/core/text.hpp"

namespace lenet::cli {
namespace {

constexpr int kBlanks = 2;  // between parts, and before lines after the first

/// Lines that grow at their end.
class Lines {
 public:
  explicit Lines(int width) : width_(width) {}

  /// Returns whether nothing is in the current line yet.
  bool is_fresh() const { return fresh_; }
  /// Returns whether the line has room for a text behind so many blanks.
  bool fits(std::string_view text, int blanks) const {
    return width_ == 0 || used_ + blanks + columns(text) <= width_;
  }
  void put(std::string_view text, int blanks) {
    lines_.append(static_cast<std::size_t>(blanks), ' ').append(text);
    used_ += blanks + columns(text);
    fresh_ = false;
  }
  void break_line() {
    lines_.append("\n").append(kBlanks, ' ');
    used_ = kBlanks;
    fresh_ = true;
  }
  std::string text() const { return lines_ + '\n'; }

 private:
  int width_;
  int used_ = 0;
  bool fresh_ = true;
  std::string lines_;
};

/// Puts words behind one another, each into the next line if it does not fit.
void put_words(Lines& lines, const std::string& part) {
  for (const std::string_view word : words_of(part)) {
    if (!lines.is_fresh() && !lines.fits(word, 1)) lines.break_line();
    lines.put(word, lines.is_fresh() ? 0 : 1);
  }
}

/// Returns the first code point of a text that is not empty, as bytes.
std::string_view first_letter(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
  return text.substr(0, end);
}

std::uint32_t code_point(std::string_view letter) {
  const auto first = static_cast<unsigned char>(letter.front());
  std::uint32_t code = letter.size() == 1 ? first : first & (0xFFu >> (letter.size() + 1));
  for (const char byte : letter.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  return code;
}

struct CodePoints {
  std::uint32_t first;
  std::uint32_t last;
};

// Blocks of the property East_Asian_Width (Unicode, UAX #11) that are all or mostly wide.
constexpr std::array kWide = {
    CodePoints{0x1100, 0x115F},   CodePoints{0x2E80, 0x303E},   CodePoints{0x3041, 0xA4CF},
    CodePoints{0xA960, 0xA97C},   CodePoints{0xAC00, 0xD7A3},   CodePoints{0xF900, 0xFAFF},
    CodePoints{0xFE30, 0xFE6F},   CodePoints{0xFF01, 0xFF60},   CodePoints{0xFFE0, 0xFFE6},
    CodePoints{0x1F300, 0x1F64F}, CodePoints{0x1F680, 0x1F6FF}, CodePoints{0x1F900, 0x1F9FF},
    CodePoints{0x20000, 0x3FFFD}};
// Combining marks, joiners and variation selectors.
constexpr std::array kWithoutWidth = {CodePoints{0x0300, 0x036F}, CodePoints{0x200B, 0x200F},
                                      CodePoints{0x20D0, 0x20FF}, CodePoints{0xFE00, 0xFE0F},
                                      CodePoints{0xFE20, 0xFE2F}};

int columns_of(std::string_view letter) {
  const std::uint32_t code = code_point(letter);
  const auto holds = [&](const CodePoints& range) { return code >= range.first && code <= range.last; };
  if (std::ranges::any_of(kWithoutWidth, holds)) return 0;
  return std::ranges::any_of(kWide, holds) ? 2 : 1;
}

/// Where a line is broken: its beginning, and what goes on in the next line.
struct Broken {
  std::string_view head;
  std::string_view rest;  ///< empty if the line cannot be broken
};

Broken broken_at(std::string_view line, std::size_t blank) {
  const std::size_t rest = std::min(line.find_first_not_of(' ', blank), line.size());
  const std::size_t end = line.substr(0, blank).find_last_not_of(' ') + 1;
  return {.head = line.substr(0, end), .rest = line.substr(rest)};
}

/// Breaks a line at the last blank that is behind the indentation and within `width` columns or, if its first
/// word is wider, behind that word.
Broken broken(std::string_view line, int width, int indent) {
  std::size_t found = std::string_view::npos;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != ' ') continue;
    const int before = columns(line.substr(0, i));
    if (before > width && found != std::string_view::npos) break;
    if (before > indent) found = i;
  }
  return found == std::string_view::npos ? Broken{.head = line, .rest = {}} : broken_at(line, found);
}

/// Breaks a line behind the label in its indentation, if its first word fits only without the label.
std::optional<Broken> broken_behind_label(std::string_view line, int width, int indent) {
  const auto labelled = static_cast<std::size_t>(indent);
  const std::size_t label = line.find_first_not_of(' ');
  if (label >= labelled || line.size() <= labelled || line[labelled - 1] != ' ') return std::nullopt;
  const int word = columns(line.substr(labelled, line.find(' ', labelled) - labelled));
  if (word == 0 || indent + word <= width || kBlanks + word > width) return std::nullopt;
  return broken_at(line, labelled - 1);
}

/// Appends a line, broken into lines that fit. Where a word fits only without the indentation, what follows
/// has a small one.
void append_wrapped(std::string& text, std::string_view whole, int width, int indent) {
  std::string line(whole);
  while (columns(line) > width) {
    const Broken parts = broken_behind_label(line, width, indent).value_or(broken(line, width, indent));
    if (parts.rest.empty()) break;
    text.append(parts.head).append("\n");
    if (indent + columns(parts.rest.substr(0, parts.rest.find(' '))) > width)
      indent = std::min(indent, kBlanks);
    line = std::string(static_cast<std::size_t>(indent), ' ').append(parts.rest);
  }
  text.append(line).append("\n");
}

}  // namespace

int columns(std::string_view text) {
  int count = 0;
  while (!text.empty()) {
    if (text.front() == '\033') {
      text.remove_prefix(std::min(text.find('m'), text.size() - 1) + 1);
      continue;
    }
    const std::string_view letter = first_letter(text);
    count += columns_of(letter);
    text.remove_prefix(letter.size());
  }
  return count;
}

std::string fitted(std::string_view text, int width, Side side) {
  std::string kept;
  int used = columns(text);
  if (used <= width) {
    kept = text;
  } else {
    used = 1;  // the ellipsis
    while (used + columns_of(first_letter(text)) <= width) {
      const std::string_view letter = first_letter(text);
      kept += letter;
      used += columns_of(letter);
      text.remove_prefix(letter.size());
    }
    kept += "…";
  }
  const std::string blanks(static_cast<std::size_t>(std::max(0, width - used)), ' ');
  return side == Side::left ? kept + blanks : blanks + kept;
}

std::string folded(const std::vector<std::string>& parts, int width) {
  Lines lines(width);
  for (const std::string& part : parts) {
    const int blanks = lines.is_fresh() ? 0 : kBlanks;
    if (lines.fits(part, blanks)) {
      lines.put(part, blanks);
      continue;
    }
    if (!lines.is_fresh()) lines.break_line();
    put_words(lines, part);
  }
  return lines.text();
}

std::string wrapped(std::string_view text, int width, int indent) {
  if (width == 0) return std::string(text);
  std::string result;
  for (const std::string_view line : lines_of(text)) append_wrapped(result, line, width, indent);
  return result;
}

}  // namespace lenet::cli
