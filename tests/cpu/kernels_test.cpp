#include "engine/cpu/simd/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/cpu/layout.hpp"
#include "engine/cpu/sparse_matrix.hpp"
#include "kernels/normalize.hpp"
#include "tests/cpu/kernel_support.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/variable.hpp"

using namespace lenet;
using cpu::all_kernels;
using cpu::Buffer;
using cpu::fill;
using cpu::filled;
using cpu::Kernels;
using cpu::near;
using cpu::SparseMatrix;
using cpu::SparseRows;

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
