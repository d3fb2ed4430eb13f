#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/layers/driver.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using reference::Batch;

namespace {

// White pixels through dropout into two equal logits: the weight gradient of class 1 is half of what each
// pixel was scaled by, so the mask can be read off it.
constexpr std::int64_t kPixels = 27 * 31;

Graph mask_viewer(float rate, bool as_vector) {
  Graph graph(Image{.channels = 1, .height = 27, .width = 31});
  if (as_vector)
    graph.add(Flatten{}).add(Dropout{.rate = rate});
  else
    graph.add(Dropout{.rate = rate}).add(Flatten{});
  graph.add(Linear{.units = 2});
  return graph;
}

/// What each pixel was multiplied with in the only sample of a step.
std::vector<float> mask_of(Backend& backend, const Graph& graph, std::uint64_t seed, std::int64_t step) {
  const Batch white{.pixels = std::vector<std::uint8_t>(kPixels, 255), .labels = {0}};
  const std::vector<float> zeros(static_cast<std::size_t>(graph.parameter_count()));
  std::vector<float> gradient = gradient_of(backend, graph, {.batch = 1, .seed = seed}, zeros, white, step);
  std::vector<float> mask(gradient.begin() + kPixels, gradient.begin() + 2 * kPixels);
  for (float& factor : mask) factor *= 2;
  return mask;
}

}  // namespace

TEST_CASE("dropout drops with its rate and scales what is left", "[dropout]") {
  constexpr int kMasks = 10;
  for (auto& [name, backend] : available_backends())
    for (const bool as_vector : {true, false})
      for (const float rate : {0.1f, 0.5f, 0.75f}) {
        INFO(name << ", rate " << rate << (as_vector ? ", vector" : ", image"));
        const Graph graph = mask_viewer(rate, as_vector);
        std::int64_t dropped = 0, wrong = 0;
        for (int step = 0; step < kMasks; ++step)
          for (const float factor : mask_of(*backend, graph, 5, step)) {
            dropped += factor == 0;
            wrong += factor != 0 && std::abs(factor - 1 / (1 - rate)) > 4 * 0x1p-24f / (1 - rate);
          }
        CHECK(wrong == 0);
        // Binomial, five standard deviations.
        const double draws = kMasks * kPixels, p = rate;
        CHECK(std::abs(static_cast<double>(dropped) - draws * p) < 5 * std::sqrt(draws * p * (1 - p)));
      }
}

TEST_CASE("neighbouring elements and steps are dropped independently", "[dropout]") {
  const Graph graph = mask_viewer(0.5f, true);
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    const auto first = mask_of(*backend, graph, 5, 0), second = mask_of(*backend, graph, 5, 1);
    int both_steps = 0, neighbours = 0;
    for (std::size_t i = 0; i < kPixels; ++i) {
      both_steps += first[i] == 0 && second[i] == 0;
      neighbours += first[i] == 0 && first[(i + 1) % kPixels] == 0;
    }
    // A quarter of the pairs, binomially; pairs that share an element are uncorrelated at rate ½ but for a
    // covariance of 1/16 each way, which doubles the variance at most. Five deviations.
    CHECK(std::abs(both_steps - kPixels / 4.0) < 5 * std::sqrt(kPixels * 3 / 16.0));
    CHECK(std::abs(neighbours - kPixels / 4.0) < 5 * std::sqrt(2 * kPixels * 3 / 16.0));
  }
}

TEST_CASE("the mask depends on seed and step and on nothing else", "[dropout]") {
  const Graph graph = mask_viewer(0.5f, true);
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    const auto mask = mask_of(*backend, graph, 5, 3);
    CHECK(mask_of(*backend, graph, 5, 3) == mask);
    CHECK(mask_of(*backend, graph, 5, 4) != mask);
    CHECK(mask_of(*backend, graph, 6, 3) != mask);
    // Neither the upper half of a seed nor of a step is lost.
    CHECK(mask_of(*backend, graph, 5 + (1ull << 32), 3) != mask);
    CHECK(mask_of(*backend, graph, 5, 3 + (1ll << 32)) != mask);
  }
}

TEST_CASE("all backends draw the same masks", "[dropout]") {
  for (const bool as_vector : {true, false}) {
    const Graph graph = mask_viewer(0.5f, as_vector);
    auto& backends = available_backends();
    const auto mask = mask_of(*backends[0].backend, graph, 77, 12);
    for (auto& [name, backend] : backends) {
      INFO(name);
      CHECK(mask_of(*backend, graph, 77, 12) == mask);
    }
  }
}

TEST_CASE("evaluation has no dropout", "[dropout]") {
  const Graph graph = mask_viewer(0.9f, true);
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    // The weights of class 0 add up the pixels; class 1 gives its bias.
    std::vector<float> parameters(static_cast<std::size_t>(graph.parameter_count()));
    std::fill_n(parameters.begin(), kPixels, 1.0f);
    parameters.back() = -3.0f;
    Driver driver(*backend, graph, {.batch = 1});
    driver.program().set_parameters(parameters);
    const std::vector<std::uint8_t> white(2 * kPixels, 255);
    CHECK(driver.program().logits(white) == std::vector<float>{kPixels, -3, kPixels, -3});
  }
}
