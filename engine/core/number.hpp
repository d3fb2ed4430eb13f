#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace lenet {

/// Reads a decimal number, without regard to the locale. Returns nullopt unless the whole text is one that
/// `Number` can hold; neither blanks nor a plus sign may precede it.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Returns the digits that a text begins with: "90" of "90a-real".
inline std::string_view leading_digits(std::string_view text) {
  return text.substr(0, text.find_first_not_of("0123456789"));
}

}  // namespace lenet
