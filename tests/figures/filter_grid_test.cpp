#include "engine/figures/filter_grid.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/figures/figure.hpp"
#include "engine/figures/raster.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/png.hpp"

using namespace lenet;
using namespace lenet::figures;

namespace {

constexpr std::uint32_t kPaper = 0xffffff, kBlue = 0x0072b2, kRed = 0xc8102e, kGrey = 0xdde1e6;

/// Returns the pixel in the middle of a weight's square, of the filter in this row and column of the grid. A
/// filter has `side` weights per side, which must divide 28.
std::uint32_t pixel(const Raster& raster, std::size_t row, std::size_t column, std::size_t weight_row,
                    std::size_t weight_column, std::size_t side) {
  const std::size_t zoom = 28 / side;
  const std::size_t y = 2 + row * 30 + weight_row * zoom + zoom / 2;
  const std::size_t x = 2 + column * 30 + weight_column * zoom + zoom / 2;
  return raster.pixels.at(y * raster.width + x);
}

Raster grid_of(std::size_t count, std::size_t side) {
  return filter_grid({std::vector<float>(count * side * side, 1.0f), side, side});
}

}  // namespace

TEST_CASE("a weight's sign is its colour and its size the colour's strength", "[filters]") {
  const std::vector<float> weights{2, -2, 1, 0,  //
                                   0, 0,  0, -0.5f};
  const Raster raster = filter_grid({weights, 2, 2});
  REQUIRE(raster.width == 2 * 30 + 2);
  REQUIRE(raster.height() == 30 + 2);
  CHECK(raster.pixels.front() == kGrey);
  CHECK(raster.pixels.at(10 * raster.width + 30) == kGrey);  // between the two filters
  CHECK(pixel(raster, 0, 0, 0, 0, 2) == kBlue);
  CHECK(pixel(raster, 0, 0, 0, 1, 2) == kRed);
  CHECK(pixel(raster, 0, 0, 1, 0, 2) == 0x80b9d9);  // halfway from white to blue
  CHECK(pixel(raster, 0, 0, 1, 1, 2) == kPaper);
  CHECK(pixel(raster, 0, 1, 1, 1, 2) == kRed);  // the largest weight of its filter
}

TEST_CASE("a filter of zeros is white", "[filters]") {
  CHECK(pixel(filter_grid({std::vector<float>(4, 0.0f), 2, 2}), 0, 0, 1, 1, 2) == kPaper);
}

TEST_CASE("a grid has five filters per row, or eight if there are more than ten, and at most 64 in all",
          "[filters]") {
  struct Case {
    std::size_t count, columns, rows;
  };
  for (const Case& grid :
       {Case{1, 1, 1}, {5, 5, 1}, {6, 5, 2}, {10, 5, 2}, {11, 8, 2}, {64, 8, 8}, {65, 8, 8}}) {
    INFO(grid.count << " filters");
    const Raster raster = grid_of(grid.count, 4);
    CHECK(raster.width == grid.columns * 30 + 2);
    CHECK(raster.height() == grid.rows * 30 + 2);
  }
  const Raster six = grid_of(6, 4);
  CHECK(pixel(six, 1, 0, 0, 0, 4) == kBlue);
  CHECK(pixel(six, 1, 1, 0, 0, 4) == kGrey);  // there is no seventh filter
}

TEST_CASE("a PNG of a raster decodes to the same pixels", "[filters]") {
  Raster raster{7, {}};
  for (std::uint32_t i = 0; i < 7 * 5; ++i) raster.pixels.push_back(i * 0x051307u & 0xffffffu);
  const std::string png = png_of(raster);
  const PngPixels decoded = decode_png(std::as_bytes(std::span(png)));
  CHECK(decoded.width == 7);
  CHECK(decoded.height == 5);
  CHECK(decoded.rgb == raster.pixels);
}
