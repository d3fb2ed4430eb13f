#include "engine/core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <numeric>
#include <vector>

#include "engine/core/number.hpp"

namespace lenet {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Returns the length of the UTF-8 sequence at the start of a text that is not empty, or 0 if it is invalid
/// (RFC 3629: too long, a surrogate, or above U+10FFFF).
std::size_t letter_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  const auto follows = [&](std::size_t i, unsigned lowest = 0x80, unsigned highest = 0xbf) {
    return byte(i) >= lowest && byte(i) <= highest;
  };
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3)
               ? 4
               : 0;
  return 0;
}

std::string printable_byte(char letter) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(letter);
  if (byte >= 0x20 && byte < 0x7f) return {letter};
  if (letter == '\n') return "\\n";
  if (letter == '\t') return "\\t";
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
}

// The edit distance in which swapped neighbours ("bacth") count as one edit (optimal string alignment),
// computed row by row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = above[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      row[j] = std::min({substituted, row[j - 1] + 1, above[j] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) letter = lower(letter);
  return result;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::optional<std::string_view> best;
  constexpr std::size_t kLongestName = 100;
  if (word.size() > kLongestName) return best;
  // Accepts edits of up to a third of the word, and of one letter in words of any length.
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string list_of(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string unknown_name(std::string_view what, std::string_view word,
                         std::span<const std::string_view> candidates) {
  std::string text = "unknown " + std::string(what) + " '" + shortened(word) + "': ";
  if (const auto guess = nearest(word, candidates))
    return text + "did you mean '" + std::string(*guess) + "'?";
  return text + "expected " + list_of(candidates);
}

std::string printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t length = letter_length(text);
    const bool is_c1 = length == 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
    if (length > 1 && !is_c1)
      safe += text.substr(0, length);
    else
      for (const char byte : text.substr(0, std::max<std::size_t>(1, length))) safe += printable_byte(byte);
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return safe;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = letter_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string shortened(std::string_view text, std::size_t letters) {
  std::size_t end = 0;
  std::size_t before_last = 0;
  for (std::size_t count = 0; end < text.size(); ++count) {
    if (count == letters) return std::string(text.substr(0, before_last)) + "…";
    before_last = end;
    end += std::max<std::size_t>(1, letter_length(text.substr(end)));
  }
  return std::string(text);
}

std::string shell_quoted(std::string_view text) {
  static constexpr std::string_view kSafe = "_-./:=@%+,";
  const bool is_plain = std::ranges::all_of(text, [](char letter) {
    return (letter >= '0' && letter <= '9') || (lower(letter) >= 'a' && lower(letter) <= 'z') ||
           kSafe.find(letter) != kSafe.npos;
  });
  if (is_plain && !text.empty()) return std::string(text);
  const bool is_printable = printable(text) == text;
  std::string quoted = is_printable ? "'" : "$'";
  for (const char letter : text) {
    if (letter == '\'')
      quoted += is_printable ? "'\\''" : "\\'";
    else if (letter == '\\' && !is_printable)
      quoted += "\\\\";
    else
      quoted += letter;
  }
  return printable(quoted) + "'";
}

std::string with_thousands(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

double shortest_decimal(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return parse_number<double>({text.data(), end}).value();
}

std::string bytes_text(std::int64_t bytes) {
  static constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  while (value >= 1024.0 && unit + 1 < kUnits.size()) {
    value /= 1024.0;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace lenet
