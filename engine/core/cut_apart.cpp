#include "engine/core/cut_apart.hpp"

#include <algorithm>
#include <cstddef>

namespace lenet {

std::vector<std::string> cut_apart(const std::vector<std::string>& texts, int first, const TextCutter& cut) {
  std::vector<std::string> plain;
  for (const std::string& text : texts) plain.push_back(cut(text, ""));
  std::vector<std::string> apart = plain;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (std::ranges::count(plain, plain[i]) > 1)
      apart[i] = cut(texts[i], " (" + std::to_string(first + static_cast<int>(i)) + ")");
  return apart;
}

ClassNames cut_apart(const ClassNames& names, const TextCutter& cut) {
  std::vector<std::string> texts;
  for (std::size_t label = 0; label < names.size(); ++label)
    texts.push_back(names.of(static_cast<std::int64_t>(label)));
  return ClassNames(cut_apart(texts, 0, cut));
}

}  // namespace lenet
