#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Lines for terminals of any width.
namespace lenet::cli {

/// Returns the width in terminal columns: two per wide code point of East Asian scripts and emoji, none per
/// combining mark or within colour codes, else one per code point.
int columns(std::string_view text);

enum class Side { left, right };

/// Returns a text without colour codes in exactly `width` columns: with blanks on the other side, or if it is
/// wider, its beginning and "…".
std::string fitted(std::string_view text, int width, Side side = Side::left);

/// Joins parts by two blanks into a line with its end. If `width` is not 0, breaks lines that have more
/// columns: between parts, and within a part that is longer than a line at its blanks. Lines after the first
/// are indented.
std::string folded(const std::vector<std::string>& parts, int width);

/// Breaks the lines of a text that have more than `width` columns at blanks; what follows is indented by
/// `indent` columns, in which the first line may have a label. Only words that are wider themselves stick
/// out, each in a line of its own. Returns the text as it is if `width` is 0.
std::string wrapped(std::string_view text, int width, int indent);

}  // namespace lenet::cli
