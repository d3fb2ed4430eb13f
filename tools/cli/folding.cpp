#include "tools/cli/folding.hpp"

#include <algorithm>
#include <sstream>

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
  std::istringstream words(part);
  for (std::string word; words >> word;) {
    if (!lines.is_fresh() && !lines.fits(word, 1)) lines.break_line();
    lines.put(word, lines.is_fresh() ? 0 : 1);
  }
}

/// Returns the position of the last blank that is behind the indentation and within `width` columns, or npos.
std::size_t last_blank(std::string_view line, int width, int indent) {
  std::size_t found = std::string_view::npos;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != ' ') continue;
    const int before = columns(line.substr(0, i));
    if (before > width) break;
    if (before > indent) found = i;
  }
  return found;
}

}  // namespace

int columns(std::string_view text) {
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033')
      i = std::min(text.find('m', i), text.size() - 1);
    else
      count += (text[i] & 0xC0) != 0x80;
  }
  return count;
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
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    while (columns(line) > width) {
      const std::size_t blank = last_blank(line, width, indent);
      if (blank == std::string::npos) break;
      result += line.substr(0, blank) + '\n';
      line = std::string(static_cast<std::size_t>(indent), ' ') + line.substr(blank + 1);
    }
    result += line + '\n';
  }
  return result;
}

}  // namespace lenet::cli
