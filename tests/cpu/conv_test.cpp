#include <algorithm>
#include <cstdint>
#include <numeric>
#include <sched.h>
#include <vector>

#include "engine/cpu/forward_conv.hpp"
#include "engine/cpu/sparse_matrix.hpp"
#include "tests/cpu/conv_case.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using cpu::all_kernels;
using cpu::Buffer;
using cpu::Conv;
using cpu::ConvCase;
using cpu::ConvGeometry;
using cpu::fill;
using cpu::ForwardConv;
using cpu::kConvCases;
using cpu::Kernels;
using cpu::near;
using cpu::SparseMatrix;

namespace {

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

/// The forward pass of one image in one of several threads.
struct Forward {
  std::unique_ptr<ForwardConv> conv;
  Buffer<float> packed, values, pooled;
  Buffer<std::byte> scratch;
  Buffer<std::uint16_t> argmax;

  Forward(const Conv& of, const ConvCase& c, const Kernels& kernels, int thread)
      : conv(cpu::make_forward_conv(of.geometry, kernels.lanes, thread + 1)),
        packed(conv->packing.floats),
        values(conv->result_floats),
        pooled(of.pooled()),
        scratch(conv->scratch_bytes),
        argmax(of.pooled()) {
    // In parts, as the update of weights does.
    const std::int64_t half = c.filters / 2;
    conv->packing.pack(of.weights.data(), packed.data(), {half, c.filters});
    conv->packing.pack(of.weights.data(), packed.data(), {0, half});
    conv->run(thread, of.images.data(), packed.data(), of.bias.data(), values.data(), scratch.data());
    kernels.conv_pool({.geometry = &of.geometry,
                       .values = values.data(),
                       .layout = conv->layout,
                       .pooled = pooled.data(),
                       .argmax = argmax.data()});
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
      const Forward forward(conv, c, *kernels, static_cast<int>(c.filters % 3));
      int wrong = 0;
      for (std::int64_t position = 0; position < g.positions(); ++position)
        for (std::int64_t filter = 0; filter < c.filters; ++filter) {
          const std::int64_t at = position * g.filters + filter;
          double largest = 0;  // of the ReLU's results
          for (const std::int32_t shift : conv.shifts)
            largest = std::max(largest, conv.result(0, filter, conv.window_offset(position) + shift));
          wrong += !near(forward.pooled.data()[at], largest, conv.terms());
          // Rounding may choose another of nearly equal elements.
          const std::int32_t chosen = conv.shifts.at(forward.argmax.data()[at]);
          const double there = conv.result(0, filter, conv.window_offset(position) + chosen);
          wrong += !near(static_cast<float>(std::max(there, 0.0)), largest, conv.terms());
        }
      CHECK(wrong == 0);
    }
}

TEST_CASE("oneDNN computes the CNN's convolutions with generated code", "[kernels]") {
  for (const Kernels* const kernels : all_kernels())
    for (const ConvCase& c : {kConvCases[0], kConvCases[1]}) {
      INFO(kernels->name << ": " << text_of(c));
      RandomSequence random = reference::random_for(31);
      const Conv conv(c, 1, random);
      const auto forward = cpu::make_forward_conv(conv.geometry, kernels->lanes, 1);
      INFO(forward->implementation);
      const bool generated =
          forward->implementation.starts_with("jit:") || forward->implementation.starts_with("brg");
      CHECK(generated);
    }
}

// Also run, as a process of its own, with variables that have OpenMP bind the thread that loads it.
TEST_CASE("a thread that loads oneDNN keeps its cores", "[kernels][affinity]") {
  cpu_set_t before, after;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  RandomSequence random = reference::random_for(31);
  const Conv conv(kConvCases[0], 1, random);
  cpu::make_forward_conv(conv.geometry, 8, 1);
  REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
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
