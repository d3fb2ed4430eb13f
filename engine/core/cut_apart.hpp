#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/class_names.hpp"

/// Texts that are cut to the room there is for them, and still differ.
namespace lenet {

/// Cuts a text so that there is room for `ending`, and adds the ending.
using TextCutter = std::function<std::string(std::string_view text, std::string_view ending)>;

/// Returns texts cut without an ending. Those that would look alike end in their numbers instead, " (3)",
/// counted from `first`.
std::vector<std::string> cut_apart(const std::vector<std::string>& texts, int first, const TextCutter& cut);

/// Returns the names of classes cut like that, with their labels as numbers.
ClassNames cut_apart(const ClassNames& names, const TextCutter& cut);

}  // namespace lenet
