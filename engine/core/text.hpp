#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lenet {

/// The candidate nearest to `word` by edit distance, if it is near enough to be a likely slip.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "regressor, mlp or cnn"
std::string list_of(std::span<const std::string_view> names);

/// "unknown model 'cn': did you mean 'cnn'?" or, where nothing is near, "…: expected regressor, mlp or cnn".
std::string unknown_name(std::string_view what, std::string_view word,
                         std::span<const std::string_view> candidates);

/// The text with control characters, which could do what they like to a terminal, as \n, \t or \x1b.
std::string printable(std::string_view text);

/// 3274634 → "3,274,634".
std::string with_thousands(std::int64_t number);

/// The shortest decimal number that reads back as the float: 0.0001, not 0.00009999999747.
double shortest_decimal(float value);

/// 13631488 → "13.0 MiB".
std::string bytes_text(std::int64_t bytes);

}  // namespace lenet
