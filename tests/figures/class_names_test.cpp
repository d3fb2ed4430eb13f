// Figures of classes that have names.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/figures/confusion_figure.hpp"
#include "engine/figures/digit_grid.hpp"
#include "engine/figures/figure.hpp"
#include "tests/figures/drawn.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/png.hpp"

using namespace lenet;
using namespace lenet::figures;

namespace {

/// Ten names; one fills a line, one is as long as names may be.
ClassNames some_names() {
  std::vector<std::string> names;
  for (std::int64_t label = 0; label < 9; ++label) names.push_back("name " + std::to_string(label));
  names[3] = std::string(ClassNames::kLongest, 'W');
  names.push_back("ankle boot");
  return ClassNames(names);
}

ConfusionMatrix matrix_with(const ClassNames& names) {
  ConfusionMatrix matrix{.title = "matrix", .counts = {}, .class_names = names};
  matrix.counts.assign(10, std::vector<std::int64_t>(10, 7));
  return matrix;
}

DigitGrid grid_with(const ClassNames& names) {
  DigitGrid grid{.title = "grid", .digits = {}, .class_names = names};
  for (const std::int64_t predicted : {9, 3})
    grid.digits.push_back({.image = {.channels = 1, .height = 28, .width = 28},
                           .pixels = std::vector<std::uint8_t>(28 * 28, 128),
                           .name = "#1",
                           .label = 8,
                           .classes = {{predicted, 0.75}, {8, 0.2}, {7, 0.05}}});
  return grid;
}

std::int64_t count_of(const std::string& part, const std::string& text) {
  std::int64_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a confusion matrix names its rows and columns", "[figure]") {
  const std::string named = texts_of(confusion_figure(matrix_with(some_names())));
  CHECK(count_of("\nankle boot\n", named) == 2);
  CHECK_THAT(named, contains("\nPredicted class\n") && contains("\nCorrect class\n") && !contains("digit"));
  const std::string unnamed = texts_of(confusion_figure(matrix_with({})));
  CHECK_THAT(unnamed, contains("\nPredicted digit\n") && contains("\nCorrect digit\n") && contains("\n9\n"));
}

TEST_CASE("a grid of images shows names in captions and at bars", "[figure]") {
  const std::string named = texts_of(digit_grid_figure(grid_with(some_names())));
  CHECK_THAT(named, contains("\nCorrect: name 8\nPredicted: ankle boot\n") &&
                        contains("\nankle boot\n75.00 %\n") && contains("\nname 8\n20.00 %\n"));
  DigitGrid unlabelled = grid_with(some_names());
  for (Prediction& digit : unlabelled.digits) digit.label.reset();
  CHECK_THAT(texts_of(digit_grid_figure(unlabelled)),
             contains("\nPredicted: ankle boot\n") && !contains("Correct"));
}

TEST_CASE("long names are cut, and figures stay within their pages", "[figure]") {
  for (const Figure& figure :
       {confusion_figure(matrix_with(some_names())), digit_grid_figure(grid_with(some_names()))}) {
    const std::string texts = texts_of(figure);
    CHECK_THAT(texts, contains("W…W") && !contains(std::string(ClassNames::kLongest, 'W')));
    CHECK_FALSE(touches_edge(decode_png(figure_as_png(figure))));
    CHECK(figure.size.width < 800);
  }
}

TEST_CASE("names make room for themselves, and digits have the room that they had", "[figure]") {
  const Size digits = confusion_figure(matrix_with({})).size;
  CHECK(digits.width == 62 + 460 + 66);
  CHECK(digits.height == 88 + 460 + 46 + 16);
  const Size named = confusion_figure(matrix_with(some_names())).size;
  CHECK(named.width > digits.width + 60);
  CHECK(named.height - digits.height == named.width - digits.width);
}

TEST_CASE("names that are cut to the same text show their labels", "[figure]") {
  std::vector<std::string> alike;
  for (int label = 0; label < 10; ++label)
    alike.push_back(std::string(25, 'W') + std::to_string(label) + std::string(25, 'W'));
  alike[4] = "shirt";
  const ClassNames names(alike);

  const std::string matrix = texts_of(confusion_figure(matrix_with(names)));
  CHECK(count_of("\nshirt\n", matrix) == 2);
  for (int label = 0; label < 10; ++label)
    CHECK(count_of("W (" + std::to_string(label) + ")\n", matrix) == (label == 4 ? 0 : 2));

  const Figure grid = digit_grid_figure(grid_with(names));
  const std::string digits = texts_of(grid);
  CHECK_THAT(digits, contains("\nCorrect: WW") && contains("W (8)\nPredicted: WW") && contains("W (9)\n") &&
                         contains("W (3)\n"));
  CHECK(count_of("W (7)\n", digits) == 2);  // a bar of each
  CHECK_FALSE(touches_edge(decode_png(figure_as_png(grid))));
}
