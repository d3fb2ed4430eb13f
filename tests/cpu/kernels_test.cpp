#include "engine/cpu/simd/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/cpu/filter_packing.hpp"
#include "engine/cpu/layout.hpp"
#include "engine/cpu/sparse_matrix.hpp"
#include "kernels/normalize.hpp"
#include "tests/cpu/variable.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tolerance.hpp"

using namespace lenet;
using cpu::Buffer;
using cpu::ConvGeometry;
using cpu::Kernels;
using cpu::SparseMatrix;
using cpu::SparseRows;

namespace {

/// The kernels of every instruction set that this processor has.
std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> found;
  for (const char* const name : {"avx512", "avx2", "baseline"}) {
    const Variable variable("LENET_CPU_ISA", name);
    try {
      found.push_back(&cpu::select_kernels());
    } catch (const UsageError&) {  // this processor lacks it
    }
  }
  return found;
}

/// Fills with numbers, of which about `zeros` in a hundred are zero.
void fill(float* values, std::int64_t count, RandomSequence& random, std::uint32_t zeros = 0) {
  for (std::int64_t i = 0; i < count; ++i)
    values[i] = random.below(100) < zeros ? 0.0f : random.uniform() * 2 - 1;
}

Buffer<float> filled(std::int64_t count, RandomSequence& random, std::uint32_t zeros = 0) {
  Buffer<float> buffer(count);
  fill(buffer.data(), count, random, zeros);
  return buffer;
}

/// Whether a sum of `terms` products with values of at most 1 is as near to the exact one as rounding allows.
bool near(float sum, double exact, std::int64_t terms) {
  return std::abs(static_cast<double>(sum) - exact) <=
         tolerance::of_sum(terms) * std::sqrt(static_cast<double>(terms)) + tolerance::kRoundoff;
}

}  // namespace

TEST_CASE("LENET_CPU_ISA selects the instruction set, and nothing else is accepted", "[kernels]") {
  {
    const Variable variable("LENET_CPU_ISA", "baseline");
    CHECK(std::string(cpu::select_kernels().name) == "baseline");
  }
  {
    const Variable variable("LENET_CPU_ISA", "");
    CHECK(&cpu::select_kernels() == all_kernels().front());  // the best one
  }
  const Variable variable("LENET_CPU_ISA", "mmx");
  CHECK_THROWS_WITH(cpu::select_kernels(), contains("expected avx512, avx2 or baseline"));
}

namespace {

/// A convolution of random images, with what its kernels need.
struct ConvCase {
  std::int64_t channels, image_height, image_width, filters, kernel, padding, window;
  bool first_layer = false;  ///< pixels are as many floats as channels
};

struct Conv {
  ConvGeometry geometry;
  cpu::Layout image_layout;
  std::vector<std::int32_t> shifts;
  Buffer<float> images, weights, bias;

  Conv(const ConvCase& c, std::int64_t samples, RandomSequence& random) {
    image_layout = {.channels = c.channels,
                    .height = c.image_height,
                    .width = c.image_width,
                    .pixel = c.first_layer ? c.channels : round_up(c.channels, cpu::kChannelBlock),
                    .margin = c.padding};
    for (std::int64_t y = 0; y < c.window; ++y)
      for (std::int64_t x = 0; x < c.window; ++x)
        shifts.push_back(static_cast<std::int32_t>(y * image_layout.row() + x * image_layout.pixel));
    const std::int64_t height = c.image_height + 2 * c.padding - c.kernel + 1;
    const std::int64_t width = c.image_width + 2 * c.padding - c.kernel + 1;
    geometry = {.kernel = c.kernel,
                .padding = c.padding,
                .image_height = c.image_height,
                .image_width = c.image_width,
                .image_row = image_layout.row(),
                .image_pixel = image_layout.pixel,
                .height = height / c.window * c.window,
                .width = width / c.window * c.window,
                .filters = round_up(c.filters, cpu::kChannelBlock),
                .window = c.window,
                .kernel_row = round_up(c.kernel * image_layout.pixel, cpu::kChannelBlock),
                .shift = shifts.data(),
                .relu = true};
    geometry.pooled_row = geometry.pooled_width() * geometry.filters;
    images = Buffer<float>(samples * image_layout.sample());
    for (std::int64_t n = 0; n < samples; ++n)
      cpu::for_each_feature(image_layout, [&](std::int64_t, std::int64_t offset) {
        fill(images.data() + n * image_layout.sample() + offset, 1, random);
      });
    weights = Buffer<float>(geometry.filters * geometry.filter());
    bias = Buffer<float>(geometry.filters);
    fill(bias.data(), c.filters, random);
    for (std::int64_t filter = 0; filter < c.filters; ++filter)
      for_each_tap([&](std::int64_t tap, std::int64_t) {
        fill(weights.data() + filter * geometry.filter() + tap, 1, random);
      });
  }

  /// Calls body(offset in a filter, offset in the image) for each number that a filter reads.
  template <class Body>
  void for_each_tap(const Body& body) const {
    for (std::int64_t y = 0; y < geometry.kernel; ++y)
      for (std::int64_t x = 0; x < geometry.kernel; ++x)
        for (std::int64_t c = 0; c < image_layout.channels; ++c)
          body(y * geometry.kernel_row + x * geometry.image_pixel + c,
               y * geometry.image_row + x * geometry.image_pixel + c);
  }

  double result(std::int64_t sample, std::int64_t filter, std::int64_t offset) const {
    double sum = double{bias.data()[filter]};
    for_each_tap([&](std::int64_t tap, std::int64_t pixel) {
      sum += double{weights.data()[filter * geometry.filter() + tap]} *
             double{images.data()[sample * image_layout.sample() + offset + pixel]};
    });
    return sum;
  }

  std::int64_t terms() const { return geometry.kernel * geometry.kernel * image_layout.channels + 1; }
  std::int64_t pooled() const { return geometry.positions() * geometry.filters; }
  std::int64_t window_offset(std::int64_t position) const {
    return position / geometry.pooled_width() * geometry.window * geometry.image_row +
           position % geometry.pooled_width() * geometry.window * geometry.image_pixel;
  }
};

const ConvCase kConvCases[] = {
    {1, 28, 28, 32, 5, 2, 2, true},  // the CNN's first
    {32, 14, 14, 64, 5, 2, 2},       // and second
    {1, 9, 8, 5, 3, 1, 2, true},    {1, 7, 9, 17, 4, 0, 3, true}, {3, 8, 7, 33, 3, 1, 1, true},
    {2, 6, 6, 7, 1, 0, 2, true},    {5, 11, 10, 20, 3, 0, 2},     {33, 5, 6, 65, 3, 1, 1},
    {17, 3, 2, 3, 7, 3, 1},         {16, 1, 29, 48, 1, 0, 1},     {40, 8, 8, 6, 5, 2, 4},
};

std::string text_of(const ConvCase& c) {
  return std::to_string(c.channels) + "×" + std::to_string(c.image_height) + "×" +
         std::to_string(c.image_width) + ", " + std::to_string(c.filters) + " filters of " +
         std::to_string(c.kernel) + ", window " + std::to_string(c.window);
}

/// Gradients and argmaxes of pooled results, as they are behind a ReLU.
struct PooledGradient {
  Buffer<float> values;
  Buffer<std::uint16_t> argmax;

  PooledGradient(const Conv& conv, std::int64_t filters, std::int64_t samples, RandomSequence& random)
      : values(samples * conv.pooled()), argmax(samples * conv.pooled()) {
    const std::int64_t elements = conv.geometry.window * conv.geometry.window;
    for (std::int64_t i = 0; i < samples * conv.pooled(); ++i) {
      if (i % conv.geometry.filters < filters) fill(values.data() + i, 1, random, 40);
      argmax.data()[i] = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(elements)));
    }
  }
};

}  // namespace

TEST_CASE("convolution, ReLU and pooling are those of plain loops", "[kernels]") {
  for (const Kernels* const kernels : all_kernels())
    for (const ConvCase& c : kConvCases) {
      INFO(kernels->name << ": " << text_of(c));
      RandomSequence random = reference::random_for(31);
      const Conv conv(c, 1, random);
      const ConvGeometry& g = conv.geometry;
      const cpu::FilterPacking packing(g, *kernels);
      Buffer<float> packed(packing.floats()), pooled(conv.pooled());
      Buffer<float> band(g.window * g.width * kernels->filter_block);
      Buffer<std::uint16_t> argmax(conv.pooled());
      packing.pack(conv.weights.data(), packed.data(), {0, c.filters});
      kernels->conv_forward({.geometry = &g,
                             .image = conv.images.data(),
                             .weights = packed.data(),
                             .bias = conv.bias.data(),
                             .band = band.data(),
                             .pooled = pooled.data(),
                             .argmax = argmax.data()});
      int wrong = 0;
      for (std::int64_t position = 0; position < g.positions(); ++position)
        for (std::int64_t filter = 0; filter < c.filters; ++filter) {
          const std::int64_t at = position * g.filters + filter;
          double largest = 0;  // of the ReLU's results
          for (const std::int32_t shift : conv.shifts)
            largest = std::max(largest, conv.result(0, filter, conv.window_offset(position) + shift));
          wrong += !near(pooled.data()[at], largest, conv.terms());
          // Rounding may choose another of nearly equal elements.
          const std::int32_t chosen = conv.shifts.at(argmax.data()[at]);
          const double there = conv.result(0, filter, conv.window_offset(position) + chosen);
          wrong += !near(static_cast<float>(std::max(there, 0.0)), largest, conv.terms());
        }
      CHECK(wrong == 0);
    }
}

TEST_CASE("gradients of a convolution are those of plain loops", "[kernels]") {
  constexpr std::int64_t kSamples = 3;
  for (const Kernels* const kernels : all_kernels())
    for (const ConvCase& c : kConvCases) {
      INFO(kernels->name << ": " << text_of(c));
      RandomSequence random = reference::random_for(32);
      const Conv conv(c, kSamples, random);
      const ConvGeometry& g = conv.geometry;
      const PooledGradient gradient(conv, c.filters, kSamples, random);
      std::vector<double> by_filter(static_cast<std::size_t>(g.filters * g.filter()));
      std::vector<double> by_bias(static_cast<std::size_t>(g.filters));
      std::vector<double> by_pixel(static_cast<std::size_t>(kSamples * conv.image_layout.sample()));
      for (std::int64_t i = 0; i < kSamples * conv.pooled(); ++i) {
        const std::int64_t n = i / conv.pooled(), filter = i % g.filters;
        const std::int64_t position = i % conv.pooled() / g.filters;
        const double value = double{gradient.values.data()[i]};
        const std::int64_t offset = n * conv.image_layout.sample() + conv.window_offset(position) +
                                    conv.shifts.at(gradient.argmax.data()[i]);
        by_bias[static_cast<std::size_t>(filter)] += value;
        conv.for_each_tap([&](std::int64_t tap, std::int64_t pixel) {
          by_filter[static_cast<std::size_t>(filter * g.filter() + tap)] +=
              value * double{conv.images.data()[offset + pixel]};
          by_pixel[static_cast<std::size_t>(offset + pixel)] +=
              value * double{conv.weights.data()[filter * g.filter() + tap]};
        });
      }

      int wrong = 0;
      const std::int64_t group = 8;
      Buffer<float> sums(group * g.filter()), bias_sums(cpu::kChannelBlock);
      const SparseMatrix lists(group, g.positions());
      for (std::int64_t first = 0; first < c.filters; first += group) {
        const std::int64_t last = std::min(first + group, c.filters);
        kernels->conv_weight_gradient({.gradient = {&g, gradient.values.data(), gradient.argmax.data()},
                                       .image = conv.images.data(),
                                       .samples = kSamples,
                                       .image_sample = conv.image_layout.sample(),
                                       .pooled_sample = conv.pooled(),
                                       .first = first,
                                       .last = last,
                                       .sums = sums.data(),
                                       .bias_sums = bias_sums.data(),
                                       .scratch = lists.rows()});
        const std::int64_t terms = kSamples * g.positions();
        for (std::int64_t i = 0; i < (last - first) * g.filter(); ++i)
          wrong += !near(sums.data()[i], by_filter[static_cast<std::size_t>(first * g.filter() + i)], terms);
        for (std::int64_t i = first; i < last; ++i)
          wrong += !near(bias_sums.data()[i - first], by_bias[static_cast<std::size_t>(i)], terms);
      }
      CHECK(wrong == 0);
      if (c.first_layer) continue;  // nobody wants the gradient of pixels

      const SparseMatrix scratch(g.positions() * g.window * g.window, conv.pooled());
      Buffer<float> image_gradient(conv.image_layout.sample());
      for (std::int64_t n = 0; n < kSamples; ++n) {
        kernels->conv_data_gradient({.gradient = {&g, gradient.values.data() + n * conv.pooled(),
                                                  gradient.argmax.data() + n * conv.pooled()},
                                     .weights = conv.weights.data(),
                                     .image_gradient = image_gradient.data(),
                                     .scratch = scratch.rows()});
        cpu::for_each_feature(conv.image_layout, [&](std::int64_t, std::int64_t offset) {
          wrong += !near(image_gradient.data()[offset],
                         by_pixel[static_cast<std::size_t>(n * conv.image_layout.sample() + offset)],
                         g.filters * g.kernel * g.kernel);
        });
      }
      CHECK(wrong == 0);
    }
}

TEST_CASE("a dense layer is that of plain loops, for any number of samples", "[kernels]") {
  for (const Kernels* const kernels : all_kernels())
    for (const std::int64_t samples : {1, 2, 5, 6, 7, 13})
      for (const auto& [inputs, units] : {std::pair{16, 4}, {48, 12}, {1056, 8}, {1072, 4}, {2128, 20}}) {
        INFO(kernels->name << ": " << samples << " samples, " << inputs << " inputs, " << units << " units");
        RandomSequence random = reference::random_for(33);
        const std::int64_t row = cpu::row_length(inputs), result_row = cpu::row_length(units);
        const Buffer<float> input = filled(samples * row, random, 30), weights = filled(units * row, random);
        const Buffer<float> bias = filled(units, random);
        Buffer<float> result(samples * result_row);
        const bool relu = samples % 2 == 0;
        kernels->dense_forward({.input = input.data(),
                                .weights = weights.data(),
                                .bias = bias.data(),
                                .result = result.data(),
                                .input_sample = row,
                                .weight_row = row,
                                .result_sample = result_row,
                                .inputs = inputs,
                                .samples = samples,
                                .units = units,
                                .relu = relu});
        int wrong = 0;
        for (std::int64_t n = 0; n < samples; ++n)
          for (std::int64_t u = 0; u < units; ++u) {
            double exact = double{bias.data()[u]};
            for (std::int64_t i = 0; i < inputs; ++i)
              exact += double{input.data()[n * row + i]} * double{weights.data()[u * row + i]};
            if (relu) exact = std::max(exact, 0.0);
            wrong += !near(result.data()[n * result_row + u], exact, inputs + 1);
          }
        CHECK(wrong == 0);
      }
}

namespace {

/// A sparse matrix of random numbers, as lists and in full.
struct Sparse {
  std::int64_t rows, columns;
  Buffer<float> full;
  SparseMatrix lists;

  Sparse(const Kernels& kernels, std::int64_t row_count, std::int64_t column_count, std::int32_t step,
         RandomSequence& random)
      : rows(row_count),
        columns(column_count),
        full(filled(row_count * column_count, random, 60)),
        lists(row_count, column_count) {
    for (std::int64_t r = 0; r < rows; ++r)
      kernels.append_nonzero(lists.rows().from(r), full.data() + r * columns, columns, step);
  }
  double at(std::int64_t row, std::int64_t column) const {
    return double{full.data()[row * columns + column]};
  }
};

}  // namespace

TEST_CASE("products with sparse matrices are those of plain loops", "[kernels]") {
  for (const Kernels* const kernels : all_kernels())
    for (const auto& [rows, columns, width] : {std::tuple{1, 1, 16},
                                               {3, 17, 16},
                                               {5, 40, 32},
                                               {4, 9, 48},
                                               {2, 100, 128},
                                               {3, 33, 240},
                                               {2, 5, 400}}) {
      INFO(kernels->name << ": " << rows << "×" << columns << ", width " << width);
      RandomSequence random = reference::random_for(34);
      const Sparse sparse(*kernels, rows, columns, width, random);
      const Buffer<float> dense = filled(columns * width, random), start = filled(width, random);
      const auto exact = [&](std::int64_t row, std::int64_t i) {
        double sum = 0;
        for (std::int64_t c = 0; c < columns; ++c)
          sum += sparse.at(row, c) * double{dense.data()[c * width + i]};
        return sum;
      };
      int wrong = 0;
      Buffer<float> sums(rows * width);
      // Groups of elements: all but the last, none, and the last.
      std::vector<std::int32_t> groups;
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int32_t count = sparse.lists.rows().counts[r], last = std::max(0, count - 1);
        groups.insert(groups.end(), {0, last, last, count});
      }
      for (const bool relu : {false, true}) {
        kernels->sum_rows({.sparse = sparse.lists.rows(),
                           .groups = relu ? 3 : 1,
                           .bounds = relu ? groups.data() : nullptr,
                           .dense = dense.data(),
                           .start = relu ? start.data() : nullptr,
                           .result = sums.data(),
                           .result_row = width,
                           .rows = rows,
                           .width = width,
                           .relu = relu});
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t i = 0; i < width; ++i) {
            const double sum = relu ? std::max(0.0, exact(r, i) + double{start.data()[i]}) : exact(r, i);
            wrong += !near(sums.data()[r * width + i], sum, columns + 1);
          }
      }
      CHECK(wrong == 0);

      Buffer<float> stored(rows * width + 5);
      const cpu::UpdateRule rule{.kind = cpu::UpdateRule::Kind::store, .gradients = stored.data()};
      kernels->sum_rows({.sparse = sparse.lists.rows(),
                         .dense = dense.data(),
                         .result = sums.data(),
                         .result_row = width,
                         .rows = rows,
                         .width = width});
      CHECK(kernels->update_rows({.sparse = sparse.lists.rows(),
                                  .dense = dense.data(),
                                  .rule = &rule,
                                  .offset = 5,
                                  .weight_row = width,
                                  .rows = rows,
                                  .width = width}));
      CHECK(std::equal(sums.data(), sums.data() + rows * width, stored.data() + 5));

      // The transpose, for the columns from the first element on to the last but one of each row.
      const Buffer<float> gradients = filled(rows * width, random);
      Buffer<float> transposed(columns * width);
      std::vector<std::int32_t> bounds;
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int32_t count = sparse.lists.rows().counts[r];
        bounds.insert(bounds.end(), {std::min(1, count), std::max(std::min(1, count), count - 1)});
      }
      kernels->add_transposed({.sparse = sparse.lists.rows(),
                               .begins = bounds.data(),
                               .ends = bounds.data() + 1,
                               .bounds_step = 2,
                               .dense = gradients.data(),
                               .dense_row = width,
                               .sums = transposed.data(),
                               .rows = rows,
                               .width = width});
      std::vector<double> expected(static_cast<std::size_t>(columns * width));
      for (std::int64_t r = 0; r < rows; ++r) {
        const SparseRows list = sparse.lists.rows().from(r);
        for (std::int32_t e = bounds[static_cast<std::size_t>(2 * r)];
             e < bounds[static_cast<std::size_t>(2 * r + 1)]; ++e)
          for (std::int64_t i = 0; i < width; ++i)
            expected[static_cast<std::size_t>(list.offsets[e] + i)] +=
                double{list.values[e]} * double{gradients.data()[r * width + i]};
      }
      for (std::int64_t i = 0; i < columns * width; ++i)
        wrong += !near(transposed.data()[i], expected[static_cast<std::size_t>(i)], rows);
      CHECK(wrong == 0);
    }
}

TEST_CASE("lists hold what is not zero, in order, and where each group of pixels begins", "[kernels]") {
  for (const Kernels* const kernels : all_kernels())
    for (const std::int64_t count : {0, 1, 7, 16, 100, 209, 256, 784}) {
      INFO(kernels->name << ": " << count << " values");
      constexpr std::int64_t kGroup = 48;
      RandomSequence random = reference::random_for(35);
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = i % 50 < 30 && random.below(4) ? static_cast<std::uint8_t>(random.below(256)) : 0;
      std::vector<float> values, expected;
      std::vector<std::int32_t> offsets, bounds;
      for (std::int64_t i = 0; i < count; ++i) {
        if (i % kGroup == 0) bounds.push_back(static_cast<std::int32_t>(expected.size()));
        values.push_back(kernels::normalize(pixels[static_cast<std::size_t>(i)]));
        if (values.back() == 0) continue;
        expected.push_back(values.back());
        offsets.push_back(static_cast<std::int32_t>(i) * 32);
      }
      bounds.push_back(static_cast<std::int32_t>(expected.size()));

      const SparseMatrix lists(2, count);
      std::vector<std::int32_t> found(bounds.size());
      kernels->list_pixels(lists.rows(), pixels.data(), count, 32, kGroup, found.data());
      kernels->append_nonzero(lists.rows().from(1), values.data(), count, 32);
      CHECK(found == bounds);
      for (const std::int64_t row : {0, 1}) {
        const SparseRows list = lists.rows().from(row);
        CHECK(std::vector(list.values, list.values + *list.counts) == expected);
        CHECK(std::vector(list.offsets, list.offsets + *list.counts) == offsets);
      }
    }
}

TEST_CASE("every pixel becomes the float that other devices make of it", "[kernels]") {
  std::vector<std::uint8_t> pixels(256);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  for (const Kernels* const kernels : all_kernels()) {
    INFO(kernels->name);
    const SparseMatrix list(1, 256);
    std::int32_t bounds[2];
    kernels->list_pixels(list.rows(), pixels.data(), 256, 1, 256, bounds);
    REQUIRE(list.rows().counts[0] == 255);
    for (int i = 0; i < 255; ++i)
      CHECK(list.rows().values[i] == kernels::normalize(static_cast<std::uint8_t>(i + 1)));
  }
}

TEST_CASE("dropout factors are those of the mask", "[kernels]") {
  const kernels::DropoutMask mask = kernels::dropout_mask(77, 1ull << 33, 4, 0.3f);
  for (const Kernels* const kernels : all_kernels())
    for (const std::int64_t blocks : {1, 15, 16, 50}) {
      INFO(kernels->name << ": " << blocks << " blocks");
      constexpr std::uint32_t kFirst = 0xfffffff0;  // the counter wraps around
      std::vector<float> factors(static_cast<std::size_t>(4 * blocks)), expected;
      kernels->dropout_factors(mask, kFirst, blocks, factors.data());
      for (std::uint32_t block = 0; block < blocks; ++block)
        for (const std::uint32_t word : kernels::dropout_words(mask, kFirst + block).word)
          expected.push_back(kernels::dropout_factor(mask, word));
      CHECK(factors == expected);
    }
}
