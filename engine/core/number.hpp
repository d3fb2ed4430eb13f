#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace lenet {

/// Parses a decimal number, independent of the locale. Returns nullopt unless the whole text is a number that
/// fits into `Number`; a leading blank or plus sign is not accepted.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Returns the leading digits of a text: "90" for "90a-real".
inline std::string_view leading_digits(std::string_view text) {
  return text.substr(0, text.find_first_not_of("0123456789"));
}

}  // namespace lenet
