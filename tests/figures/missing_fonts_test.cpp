// Characters that the usual font of figures lacks.
#include "engine/figures/missing_fonts.hpp"

#include <string>
#include <vector>

#include "engine/figures/figure.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/warnings.hpp"

using namespace lenet;
using namespace lenet::figures;

namespace {

Figure figure_with(const std::string& text, bool bold = false) {
  return {{200, 50}, [=](Canvas& canvas) { canvas.text({10, 25}, text, {.bold = bold}); }};
}

}  // namespace

TEST_CASE("characters that no font has are warned of once, whatever is drawn", "[figure]") {
  Warnings warnings;
  const std::string nobody = "a\U000F0000b\U000F0001";  // for private use
  for (const bool bold : {false, true}) {
    figure_as_png(figure_with(nobody, bold));
    figure_as_svg(figure_with(nobody, bold));
    figure_as_pixels(figure_with(nobody, bold), 1);
  }
  REQUIRE(warnings.lines.size() == 1);
  CHECK_THAT(warnings.lines[0], contains("boxes instead of \U000F0000 \U000F0001: no font"));
  figure_as_png(figure_with(nobody + "\U000F0002"));
  REQUIRE(warnings.lines.size() == 2);
  CHECK_THAT(warnings.lines[1], contains("boxes instead of \U000F0002: no font"));
  CHECK(text_width(nobody, {}) > text_width("ab", {}));
}

TEST_CASE("a character that only another font has is drawn with that", "[figure]") {
  // In DejaVu Sans Mono, which Debian installs together with DejaVu Sans.
  const std::string other = "\u2336";
  Warnings warnings;
  const auto drawn = figure_as_png(figure_with("a" + other + "b"));
  if (!warnings.lines.empty()) LENET_SKIP("DejaVu Sans Mono is not installed");
  CHECK(drawn != figure_as_png(figure_with("a\U000F0003b")));
  for (const bool bold : {false, true}) {
    const TextStyle style{.bold = bold};
    CHECK(text_width("a" + other + "b", style) ==
          Approx(text_width("a", style) + text_width(other, style) + text_width("b", style)));
  }
}

TEST_CASE("the warning of boxes names some characters and the package for each script", "[figure]") {
  const auto warned = [](const std::vector<std::string>& characters) {
    Warnings warnings;
    warn_of_boxes(characters);
    return warnings.lines;
  };
  CHECK(warned({}).empty());
  CHECK_THAT(warned({"外", "套"}).at(0),
             contains("instead of 外 套: ") && contains("(Debian: fonts-noto-cjk)"));
  CHECK_THAT(warned({"한"}).at(0), contains("fonts-noto-cjk"));
  CHECK_THAT(warned({"カ"}).at(0), contains("fonts-noto-cjk"));
  CHECK_THAT(warned({"𠮷"}).at(0), contains("fonts-noto-cjk"));
  CHECK_THAT(warned({"👟"}).at(0), contains("fonts-noto-color-emoji"));
  CHECK_THAT(warned({"ᚠ", "外"}).at(0), contains("(Debian: fonts-noto-core fonts-noto-cjk)"));
  CHECK_THAT(warned({"e"}).at(0), contains("fonts-dejavu-core"));
  CHECK_THAT(warned(std::vector<std::string>(30, "外")).at(0), contains("外 and 20 more: "));
}
