#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lenet {

/// Splits a text at its line ends; the last line may lack one. No std::istringstream, which would take a
/// failed allocation for the end of the text.
std::vector<std::string_view> lines_of(std::string_view text);
/// Splits a text at blanks, tabs and line ends.
std::vector<std::string_view> words_of(std::string_view text);

/// Returns a text with A to Z as small letters.
std::string lower(std::string_view text);

/// Returns the candidate nearest to `word` by edit distance, or nullopt if none is near enough to be what a
/// typing error meant.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "regressor, mlp or cnn"
std::string list_of(std::span<const std::string_view> names);

/// Returns "unknown model 'cn': did you mean 'cnn'?" or, if no candidate is near, "unknown model 'x':
/// expected regressor, mlp or cnn".
std::string unknown_name(std::string_view what, std::string_view word,
                         std::span<const std::string_view> candidates);

/// Returns the text with control characters escaped as \n, \t or \x1b, because a terminal would execute them,
/// and so with bytes that are no UTF-8.
std::string printable(std::string_view text);

bool is_utf8(std::string_view text);

/// Returns the text, or its beginning and "…" if it has more letters: a value from a user or a file that is
/// shown in a message.
std::string shortened(std::string_view text, std::size_t letters = 60);

/// Returns the text as a word that a shell reads as this text: quoted if it has blanks or special letters.
std::string shell_quoted(std::string_view text);

/// 3274634 → "3,274,634".
std::string with_thousands(std::int64_t number);

/// Returns the shortest decimal number that converts back to the float: 0.0001, not 0.00009999999747.
double shortest_decimal(float value);

/// 13631488 → "13.0 MiB".
std::string bytes_text(std::int64_t bytes);

}  // namespace lenet
