#include "engine/figures/figure.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "engine/core/error.hpp"
#include "engine/figures/axis.hpp"
#include "engine/figures/confusion_figure.hpp"
#include "engine/figures/curves_figure.hpp"
#include "engine/figures/digit_grid.hpp"
#include "tests/figures/drawn.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/png.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::figures;

namespace {

Prediction digit(std::int64_t label, std::int64_t predicted) {
  return {.image = {.channels = 1, .height = 28, .width = 28},
          .pixels = std::vector<std::uint8_t>(28 * 28, 128),
          .name = "#" + std::to_string(label),
          .label = label,
          .classes = {{predicted, 0.75}, {(predicted + 1) % 10, 0.2}, {(predicted + 2) % 10, 0.05}}};
}

/// Ten digits; the fourth and the eighth are mistakes.
DigitGrid grid_with_two_mistakes() {
  DigitGrid grid{.title = "a title <&> more", .digits = {}};
  for (std::int64_t i = 0; i < 10; ++i) grid.digits.push_back(digit(i, i == 3 || i == 7 ? 9 - i : i));
  return grid;
}

ConfusionMatrix matrix() {
  ConfusionMatrix matrix{.title = "matrix", .counts = {}};
  matrix.counts.assign(10, std::vector<std::int64_t>(10, 0));
  for (std::size_t i = 0; i < 9; ++i) matrix.counts[i][i] = 1000;
  matrix.counts[4][9] = 60;
  return matrix;
}

std::vector<RunCurves> runs(std::size_t count, std::int64_t evaluations) {
  std::vector<RunCurves> all(count);
  for (std::size_t run = 0; run < count; ++run) {
    all[run].name = "run-" + std::to_string(run);
    for (std::int64_t i = 1; i <= evaluations; ++i)
      all[run].rows.push_back({.epoch = static_cast<double>(i),
                               .step = 100 * i,
                               .loss = 1.0 / static_cast<double>(i),
                               .accuracy = 0.9,
                               .val_loss = 2.0 / static_cast<double>(i),
                               .val_accuracy = 0.8 + 0.01 * static_cast<double>(run),
                               .learning_rate = 0.1,
                               .seconds = 100.0 * static_cast<double>(i)});
  }
  return all;
}

bool is_red(std::uint32_t rgb) {
  const int red = static_cast<int>(rgb >> 16);
  const int green = static_cast<int>(rgb >> 8 & 0xff);
  const int blue = static_cast<int>(rgb & 0xff);
  return red > green + 60 && red > blue + 60;
}

int red_pixels(const PngPixels& png, int x, int y, int width, int height) {
  int count = 0;
  for (int row = y; row < y + height; ++row)
    for (int column = x; column < x + width; ++column) count += is_red(png.at(column, row));
  return count;
}

RunCurves run_of_losses(double first, double last) {
  return {.name = "run", .rows = {{1, 100, first, 0.9, first, 0.9, 0.1}, {2, 200, last, 1, last, 1, 0.1}}};
}

}  // namespace

TEST_CASE("a grid shows red where there is a mistake and nowhere else", "[figure]") {
  const PngPixels png = decode_png(figure_as_png(digit_grid_figure(grid_with_two_mistakes())));
  // Margins of 18 points, a header of 44, cells of 156 by 206, at two pixels per point.
  REQUIRE(png.width == 2 * (2 * 18 + 5 * 156));
  REQUIRE(png.height == 2 * (44 + 2 * 206 + 9));
  for (int i = 0; i < 10; ++i) {
    const int x = 2 * (18 + i % 5 * 156);
    const int y = 2 * (44 + i / 5 * 206);
    INFO("digit " << i);
    const bool mistake = i == 3 || i == 7;
    constexpr int kCaption = 2 * 20;
    CHECK((red_pixels(png, x, y, 2 * 156, kCaption) > 0) == mistake);
    CHECK((red_pixels(png, x, y + kCaption, 2 * 156, 2 * 206 - kCaption) > 0) == mistake);
  }
  CHECK(red_pixels(png, 0, 0, png.width, 2 * 44) == 0);
}

TEST_CASE("a grid draws each pixel of a digit as a square of its grey", "[figure]") {
  DigitGrid grid{.title = "one", .digits = {digit(1, 1)}};
  for (std::size_t i = 0; i < 28 * 28; ++i) grid.digits[0].pixels[i] = static_cast<std::uint8_t>(i * 7 % 251);
  const PngPixels png = decode_png(figure_as_png(digit_grid_figure(grid)));
  CHECK(png.width == 2 * (2 * 18 + 156));
  const int left = 2 * (18 + (156 - 112) / 2);
  const int top = 2 * (44 + 20);
  for (int row = 1; row < 27; ++row)  // the frame covers the outermost ones
    for (int column = 1; column < 27; ++column) {
      const std::uint32_t grey = 255u - grid.digits[0].pixels[static_cast<std::size_t>(row * 28 + column)];
      for (const int corner : {0, 7})
        REQUIRE(png.at(left + 8 * column + corner, top + 8 * row + corner) == grey * 0x010101);
    }
}

TEST_CASE("a grid keeps the shape of images that are not square", "[figure]") {
  Prediction tall = digit(1, 1);
  tall.image = {.channels = 1, .height = 28, .width = 14};
  tall.pixels.assign(28 * 14, 255);
  const PngPixels png = decode_png(figure_as_png(digit_grid_figure({.title = "one", .digits = {tall}})));
  const int middle = 2 * (18 + 156 / 2);
  const int row = 2 * (44 + 20 + 112 / 2);
  CHECK(png.at(middle - 50, row) == 0);
  CHECK(png.at(middle + 50, row) == 0);
  CHECK(png.at(middle - 62, row) == 0xffffff);
  CHECK(png.at(middle + 62, row) == 0xffffff);
}

TEST_CASE("a long title has room over few digits", "[figure]") {
  const std::string title = "cnn: the 1 most confident mistake on the 10,000 test images";
  const PngPixels png =
      decode_png(figure_as_png(digit_grid_figure({.title = title, .digits = {digit(1, 2)}})));
  CHECK(png.width > 2 * (2 * 18 + 156));
  CHECK_FALSE(touches_edge(png));
}

TEST_CASE("the correct class is among the bars, however unlikely the network finds it", "[figure]") {
  const std::vector<float> logits{9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  const Prediction last = prediction_for({.label = 9, .classes = {}}, logits);
  REQUIRE(last.classes.size() == 3);
  CHECK(last.classes[0].label == 0);
  CHECK(last.classes[1].label == 1);
  CHECK(last.classes[2].label == 9);
  CHECK(last.is_wrong());
  const Prediction second = prediction_for({.label = 1, .classes = {}}, logits);
  CHECK(second.classes[2].label == 2);
  const Prediction unknown = prediction_for({.classes = {}}, logits);
  CHECK(unknown.classes[2].label == 2);
  CHECK_FALSE(unknown.is_wrong());
}

TEST_CASE("a grid grows row by row", "[figure]") {
  DigitGrid grid{.title = "", .digits = {}};
  double last = 0;
  for (int count = 1; count <= 11; ++count) {
    grid.digits.push_back(digit(count % 10, 0));
    const double height = digit_grid_figure(grid).size.height;
    CHECK((height > last) == (count % 5 == 1));
    last = height;
  }
}

TEST_CASE("no figure is cut off at the edge of its page", "[figure]") {
  std::vector<Figure> figures = {digit_grid_figure(grid_with_two_mistakes()), confusion_figure(matrix())};
  for (const std::size_t count : {1u, 3u, 9u})
    for (const std::int64_t evaluations : {1, 2, 18, 500})
      figures.push_back(curves_figure(runs(count, evaluations)));
  for (const Figure& figure : figures) {
    const PngPixels png = decode_png(figure_as_png(figure));
    CHECK_FALSE(touches_edge(png));
    CHECK(std::ranges::count(png.rgb, 0xffffffu) < std::ssize(png.rgb) * 99 / 100);
  }
}

TEST_CASE("a confusion matrix is red where mistakes are", "[figure]") {
  const PngPixels png = decode_png(figure_as_png(confusion_figure(matrix())));
  // Cells of 46 points from (62, 88) on.
  for (int label = 0; label < 10; ++label)
    for (int predicted = 0; predicted < 10; ++predicted) {
      const int red = red_pixels(png, 2 * (62 + 46 * predicted) + 4, 2 * (88 + 46 * label) + 4, 84, 84);
      CHECK((red > 1000) == (label == 4 && predicted == 9));
    }
}

TEST_CASE("curves are over epochs, but over steps if a run is counted in steps", "[figure]") {
  const TemporaryFolder folder;
  auto several = runs(2, 5);
  write_figure(folder / "epochs.svg", curves_figure(several));
  CHECK_THAT(lenet::read_all(folder / "epochs.svg"), contains("epoch\n") && contains("best at epoch 5: "));
  for (io::MetricsRow& row : several[1].rows) {
    row.by_steps = true;
    row.epoch = 0.25 * static_cast<double>(row.step) / 100;
  }
  write_figure(folder / "steps.svg", curves_figure(several));
  CHECK_THAT(lenet::read_all(folder / "steps.svg"), contains("step\n") && contains("best at step 500: "));
}

TEST_CASE("curves can be over fractions of epochs and over time", "[figure]") {
  auto several = runs(2, 5);
  for (io::MetricsRow& row : several[1].rows) {
    row.by_steps = true;
    row.epoch = 0.25 * static_cast<double>(row.step) / 100;
  }
  CHECK_THAT(texts_of(curves_figure(several, Across::epochs)),
             contains("\nepoch\n") && contains("best at epoch 5: ") && contains("best at epoch 1.25: "));
  CHECK_THAT(texts_of(curves_figure(several, Across::time)), contains("\ntime, minutes\n") &&
                                                                 contains("best at epoch 5: ") &&
                                                                 contains("best at step 500: "));
  CHECK_THAT(texts_of(curves_figure(runs(1, 1), Across::time)), contains("\ntime, seconds\n"));
  // Epochs of which none is whole have marks, too.
  several.erase(several.begin());
  several[0].rows.resize(2);
  CHECK_THAT(texts_of(curves_figure(several, Across::epochs)), contains("\n0.25\n"));
}

TEST_CASE("a run without validation images is its training curve", "[figure]") {
  auto several = runs(2, 5);
  for (io::MetricsRow& row : several[0].rows) row.val_loss = row.val_accuracy = io::MetricsRow::kUnknown;
  const Figure figure = curves_figure(several);
  CHECK_THAT(texts_of(figure),
             contains("at epoch 5: training loss 0.2000, accuracy 90.00 %; no validation") &&
                 contains("best at epoch 5: validation loss 0.4000") && !contains("nan"));
  for (const Figure& drawn : {figure, curves_figure({several[0]})})
    CHECK_FALSE(touches_edge(decode_png(figure_as_png(drawn))));
}

TEST_CASE("huge and tiny losses are short numbers at the axis and in the legend", "[figure]") {
  for (const double loss : {1.8e29, 3e10, 1e-9}) {
    const Figure figure = curves_figure({run_of_losses(loss, loss / 2)});
    const std::string texts = texts_of(figure);
    CHECK_THAT(texts, contains("validation loss " + readable_number(loss / 2) + ", accuracy 100.00 %"));
    std::istringstream lines(texts);
    for (std::string line; std::getline(lines, line) && line != "epoch";) CHECK(line.size() <= 11);
    CHECK_FALSE(touches_edge(decode_png(figure_as_png(figure))));
  }
}

TEST_CASE("a long name is shortened, the run's results are not", "[figure]") {
  auto several = runs(3, 5);
  several[1].name = "first-" + std::string(90, 'n') + "-last";
  const Figure figure = curves_figure(several);
  CHECK_THAT(texts_of(figure), contains("\nfirst-") && contains("n…n") && contains("-last\n") &&
                                   contains("\nbest at epoch 5: validation loss 0.4000, accuracy 81.00 %\n"));
  CHECK_FALSE(touches_edge(decode_png(figure_as_png(figure))));
}

TEST_CASE("names of runs that are shortened to the same text are numbered", "[figure]") {
  std::vector<RunCurves> all = runs(3, 2);
  for (std::size_t run = 0; run < 2; ++run)
    all[run].name = std::string(100, 'a') + std::to_string(run) + std::string(100, 'b');
  const std::string texts = texts_of(curves_figure(all));
  CHECK_THAT(texts, contains("b (1)\n") && contains("b (2)\n") && contains("\nrun-2\n"));
}

TEST_CASE("a shortened text fits and has whole letters", "[figure]") {
  const TextStyle style{.size = 11, .bold = true};
  CHECK(shortened("run-1", style, 100) == "run-1");
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "ä";
  for (double width = 12; width < 280; width += 7) {
    const std::string text = shortened(umlauts, style, width);
    CHECK(text_width(text, style) <= width);
    CHECK(text_width(text, style) > width - 20);
    std::string rest = text;
    rest.replace(rest.find("…"), std::string_view("…").size(), "");
    CHECK(rest == umlauts.substr(0, rest.size()));
    CHECK(rest.size() % 2 == 0);
  }
}

TEST_CASE("runs of the same colour have different marks", "[figure]") {
  constexpr int kRuns = 24;
  const PngPixels png = decode_png(figure_as_png(curves_figure(runs(kRuns, 9))));
  std::set<std::vector<std::uint32_t>> swatches;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<std::uint32_t> pixels;  // left of the name, from (76, 378) on, 20 points per row
    for (int y = 2 * (378 + 20 * run - 8); y < 2 * (378 + 20 * run + 8); ++y)
      for (int x = 2 * 76; x < 2 * 104; ++x) pixels.push_back(png.at(x, y));
    swatches.insert(pixels);
  }
  CHECK(swatches.size() == kRuns);
}

TEST_CASE("the only evaluation of a run is two points that the legend explains", "[figure]") {
  const Figure figure = curves_figure(runs(1, 1));
  CHECK_THAT(texts_of(figure), contains("\nvalidation\n") && contains("\ntraining\n") &&
                                   contains("\n2.0\n1\nLoss\nepoch\n") && !contains("lowest"));
  const PngPixels png = decode_png(figure_as_png(figure));
  const auto sample = [&](int x, int beside) { return png.at(2 * (x + 14 + beside), 2 * 354); };
  CHECK(sample(76, 0) != 0xffffff);  // filled for validation
  CHECK(sample(76, 6) == 0xffffff);
  CHECK(sample(76 + 130, 0) == 0xffffff);  // hollow for training
  CHECK(sample(76 + 130, 6) != 0xffffff);
}

TEST_CASE("the number below the end of a long axis is whole", "[figure]") {
  RunCurves run = run_of_losses(1, 0.5);
  run.rows[1].by_steps = true;
  run.rows[0].step = 0;
  run.rows[1].step = 6'000'000;
  CHECK_THAT(texts_of(curves_figure({run})), contains("\n6,000,000\n"));
  CHECK_FALSE(touches_edge(decode_png(figure_as_png(curves_figure({run})))));
}

TEST_CASE("no accuracy above 100 % is marked", "[figure]") {
  CHECK_THAT(texts_of(curves_figure({run_of_losses(1, 0.5)})), contains("\n100\n") && !contains("\n102\n"));
  auto perfect = run_of_losses(1, 0.5);
  perfect.rows[0].accuracy = perfect.rows[0].val_accuracy = 1;
  CHECK_THAT(texts_of(curves_figure({perfect})), contains("\n100.0\n") && !contains("\n100.5\n"));
}

TEST_CASE("figures are PNG, SVG or PDF by their file's ending", "[figure]") {
  const TemporaryFolder folder;
  const Figure figure = digit_grid_figure(grid_with_two_mistakes());
  write_figure(folder / "a.png", figure);
  write_figure(folder / "a.svg", figure);
  write_figure(folder / "a.pdf", figure);
  CHECK(lenet::read_all(folder / "a.png").starts_with("\x89PNG\r\n\x1a\n"));
  CHECK_THAT(lenet::read_all(folder / "a.pdf"), contains("%PDF-1.") && contains("%%EOF"));
  const std::string svg = lenet::read_all(folder / "a.svg");
  CHECK(svg.starts_with("<?xml"));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK_THAT(svg, contains("<desc>a title &lt;&amp;> more\nCorrect: 0  Predicted: 0\n#0\n0\n75.00 %\n"));
  CHECK_THAT(svg, contains("Correct: 3  Predicted: 6") && contains("Correct: 7  Predicted: 2"));
}

TEST_CASE("a figure's ending may be in capital letters", "[figure]") {
  const TemporaryFolder folder;
  for (const char* name : {"a.PNG", "a.Svg", "a.PDF"}) {
    require_figure_file(folder / name);
    write_figure(folder / name, confusion_figure(matrix()));
  }
  CHECK(lenet::read_all(folder / "a.PNG").starts_with("\x89PNG"));
  CHECK(lenet::read_all(folder / "a.Svg").starts_with("<?xml"));
  CHECK(lenet::read_all(folder / "a.PDF").starts_with("%PDF"));
}

TEST_CASE("images in an SVG stay sharp in browsers", "[figure]") {
  const TemporaryFolder folder;
  write_figure(folder / "a.svg", digit_grid_figure(grid_with_two_mistakes()));
  CHECK_THAT(lenet::read_all(folder / "a.svg"), contains("image-rendering: pixelated; }</style>\n"));
  write_figure(folder / "b.svg", confusion_figure(matrix()));
  CHECK_THAT(lenet::read_all(folder / "b.svg"), !contains("<style>"));
}

TEST_CASE("a path that cannot hold a figure is refused before anything is drawn", "[figure]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "";
  std::filesystem::create_directory(folder / "b.png");
  require_figure_file(folder / "a.png");
  require_figure_file("a.png");
  CHECK_THROWS_AS(require_figure_file(folder / "a.gif"), UsageError);
  CHECK_THROWS_AS(require_figure_file(folder / "no" / "a.png"), IoError);
  CHECK_THROWS_WITH(require_figure_file("no/a.png"), "no/a.png: cannot be written: there is no folder no");
  CHECK_THROWS_WITH(require_figure_file(folder / "file" / "a.png"),
                    contains("/a.png: cannot be written: ") && contains("file is no folder"));
  CHECK_THROWS_WITH(require_figure_file(folder / "b.png"),
                    contains("b.png: cannot be written: it is a folder"));
}

TEST_CASE("the same figure gives the same PNG", "[figure]") {
  CHECK(figure_as_png(curves_figure(runs(3, 10))) == figure_as_png(curves_figure(runs(3, 10))));
}

TEST_CASE("a figure that cannot be written leaves the old file", "[figure]") {
  const TemporaryFolder folder;
  const Figure figure = confusion_figure(matrix());
  for (const char* name : {"a.jpg", "a", "a.PNGS", ".png"}) {
    CHECK_THROWS_AS(write_figure(folder / name, figure), UsageError);
    CHECK_THROWS_WITH(write_figure(folder / name, figure), contains("must end in .png, .svg or .pdf"));
  }
  CHECK_THROWS_AS(write_figure(folder / "missing" / "a.png", figure), IoError);
  std::ofstream(folder / "old.png") << "old";
  const Figure failing{{10, 10}, [](Canvas&) { throw Error("no"); }};
  CHECK_THROWS_WITH(write_figure(folder / "old.png", failing), "no");
  const Figure bad_text{{100, 10}, [](Canvas& canvas) { canvas.text({0, 5}, "\xff\xfe"); }};
  CHECK_THROWS_AS(write_figure(folder / "old.png", bad_text), IoError);
  CHECK(lenet::read_all(folder / "old.png") == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
