#include "engine/figures/missing_fonts.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>

#include "engine/core/warning.hpp"

namespace lenet::figures {
namespace {

/// Characters from one to another, in UTF-8, and Debian's package with a font for them.
struct Block {
  std::string_view first;
  std::string_view last;
  std::string_view package;
};

// UTF-8 sorts as its code points do. Blocks of Unicode: what East Asian scripts use, and pictographs.
constexpr std::array kBlocks = {
    Block{" ", "\u024f", "fonts-dejavu-core"},
    Block{"\u1100", "\u11ff", "fonts-noto-cjk"},
    Block{"\u2e80", "\u9fff", "fonts-noto-cjk"},
    Block{"\ua960", "\ua97f", "fonts-noto-cjk"},
    Block{"\uac00", "\ud7ff", "fonts-noto-cjk"},
    Block{"\uf900", "\ufaff", "fonts-noto-cjk"},
    Block{"\ufe30", "\ufe4f", "fonts-noto-cjk"},
    Block{"\uff00", "\uffef", "fonts-noto-cjk"},
    Block{"\U0001f000", "\U0001faff", "fonts-noto-color-emoji"},
    Block{"\U00020000", "\U0003ffff", "fonts-noto-cjk"},
};

std::string_view package_for(std::string_view character) {
  const auto block = std::ranges::find_if(kBlocks, [&](const Block& candidate) {
    return candidate.first <= character && character <= candidate.last;
  });
  return block == kBlocks.end() ? "fonts-noto-core" : block->package;
}

}  // namespace

void warn_of_boxes(const std::vector<std::string>& characters) {
  constexpr std::size_t kNamed = 10;
  if (characters.empty()) return;
  std::vector<std::string_view> packages;
  for (const std::string& character : characters)
    if (const auto package = package_for(character); std::ranges::find(packages, package) == packages.end())
      packages.push_back(package);
  const std::size_t named = std::min(kNamed, characters.size());
  std::string list = fmt::format(
      "{}", fmt::join(characters.begin(), characters.begin() + static_cast<std::ptrdiff_t>(named), " "));
  if (named < characters.size()) list += fmt::format(" and {} more", characters.size() - named);
  warn(fmt::format(
      "figures show boxes instead of {}: no font of this machine has them; install one (Debian: {})", list,
      fmt::join(packages, " ")));
}

}  // namespace lenet::figures
