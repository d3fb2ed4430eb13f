#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "tests/cuda/gpus.hpp"
#include "tests/cuda/run.hpp"
#include "tests/layers/driver.hpp"
#include "tests/layers/layer_cases.hpp"
#include "tests/reference/draw.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tolerance.hpp"

using namespace lenet;
using reference::Batch;
using reference::DropoutKey;
using reference::Values;

namespace {

/// Roundoff of a product's factors.
double roundoff_of(Precision precision) { return precision == Precision::tf32 ? 0x1p-11 : 0x1p-8; }

std::vector<TestBackend*> gpus_with(Precision precision) {
  std::vector<TestBackend*> found = gpus();
  std::erase_if(found,
                [&](const TestBackend* gpu) { return !std::ranges::count(precisions_of(*gpu), precision); });
  return found;
}

constexpr DropoutKey kDropout{.seed = 1234, .step = 3};

/// A network, a batch, and the exact results.
struct Case {
  const Graph& graph;
  std::vector<float> parameters;
  Batch batch;
  reference::Training training;
  Values logits;  ///< without dropout

  Case(const Graph& of, std::int64_t samples, std::uint64_t test) : graph(of) {
    RandomSequence random = reference::random_for(test);
    parameters = reference::draw_parameters(graph, random);
    batch = reference::draw_batch(graph, samples, random);
    training = train_with(reference::widen(parameters));
    logits = logits_with(reference::widen(parameters));
  }

  reference::Training train_with(const Values& weights) const {
    return reference::train_pass(graph, weights, batch.pixels, batch.labels, kDropout);
  }
  Values logits_with(const Values& weights) const {
    return reference::forward(graph, weights, batch.pixels).logits();
  }
};

/// ‖a - b‖ over `count` elements from `first` on.
template <class Numbers>
double distance(const Numbers& a, const Values& b, std::size_t first, std::size_t count) {
  double sum = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

/// Bounds on how far rounding may move a case's results. Near the kinks of ReLU and max-pooling that is far:
/// an element that takes the other side changes a gradient by all of its share, and no batch is away from
/// kinks by as much as these roundoffs. So it is measured on twins of the exact network, in double precision,
/// with each parameter off by up to four roundoffs: that moves what a layer computes more than rounding its
/// factors and its result does. Sixteen twins, because which elements cross a kink is chance; twice the
/// farthest of them, because theirs are not those of the GPU. (On the simulated GPU, whose bf16 is that of
/// hardware but for the order of sums, the farthest result comes to half of it.)
class Twins {
 public:
  Twins(const Case& exact, double roundoff) : exact_(exact), roundoff_(roundoff) {
    RandomSequence random = reference::random_for(7);
    const auto off = static_cast<float>(4 * roundoff);
    for (int i = 0; i < 16; ++i) {
      Values weights = reference::widen(exact.parameters);
      for (double& weight : weights) weight *= 1 + static_cast<double>(random.uniform(-off, off));
      gradients_.push_back(exact.train_with(weights).gradient.values);
      logits_.push_back(exact.logits_with(weights));
    }
  }

  double of_logits() const { return 2 * farthest(logits_, exact_.logits, 0, exact_.logits.size()); }

  /// At least four roundoffs of the sums' size with random signs: some gradients cancel.
  double of_gradient(const Parameter& parameter) const {
    const auto first = static_cast<std::size_t>(parameter.offset);
    const auto count = static_cast<std::size_t>(parameter.count());
    const reference::Gradient& exact = exact_.training.gradient;
    const double magnitude = distance(exact.magnitudes, Values(first + count), first, count);
    const double typical = tolerance::typical_size(
        magnitude, tolerance::gradient_terms(exact_.graph, parameter, exact_.batch.count()));
    return 2 * std::max(farthest(gradients_, exact.values, first, count), 4 * roundoff_ * typical);
  }

 private:
  static double farthest(const std::vector<Values>& twins, const Values& exact, std::size_t first,
                         std::size_t count) {
    double most = 0;
    for (const Values& device_slot : twins) most = std::max(most, distance(device_slot, exact, first, count));
    return most;
  }

  const Case& exact_;
  double roundoff_;
  std::vector<Values> gradients_, logits_;
};

void check_precision(Backend& backend, const Case& exact, Precision precision, const Twins& allowed) {
  const CompileOptions options{
      .precision = precision,
      .training = TrainingOptions{.batch = exact.batch.count(), .seed = kDropout.seed}};
  const auto gradient =
      gradient_of(backend, exact.graph, options, exact.parameters, exact.batch, kDropout.step);
  for (const Parameter& parameter : exact.graph.parameters()) {
    INFO("gradient of " << parameter.name);
    CHECK(distance(gradient, exact.training.gradient.values, static_cast<std::size_t>(parameter.offset),
                   static_cast<std::size_t>(parameter.count())) <= allowed.of_gradient(parameter));
  }
  Driver driver(backend, exact.graph, options);
  driver.program().set_parameters(exact.parameters);
  const auto logits = driver.program().logits(exact.batch.pixels);
  CHECK(distance(logits, exact.logits, 0, exact.logits.size()) <= allowed.of_logits());
}

void check_cases(const std::vector<LayerCase>& cases, Precision precision) {
  const std::vector<TestBackend*> able = gpus_with(precision);
  if (able.empty()) return;
  std::uint64_t test = 200;
  for (const LayerCase& layer_case : cases)
    for (const std::int64_t samples : {1, 50}) {
      const Case exact(layer_case.graph, samples, ++test);
      const Twins allowed(exact, roundoff_of(precision));
      for (TestBackend* gpu : able) {
        INFO(gpu->name << ": " << layer_case.what << ", " << samples << " samples in "
                       << precision_name(precision));
        check_precision(*gpu->backend, exact, precision, allowed);
      }
    }
}

/// The CNN's first layers, which are one kernel, then a convolution of cuDNN's. Without dropout: its masks go
/// by the place in the batch.
Graph two_convolutions() {
  Graph graph(Image{.channels = 1, .height = 9, .width = 8});
  graph.add(Conv2d{.filters = 3, .kernel = 5, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Conv2d{.filters = 5, .kernel = 3, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Flatten{}).add(Linear{.units = 10});
  return graph;
}

Batch part_of(const Batch& batch, std::int64_t first, std::int64_t count) {
  const auto pixels = std::ssize(batch.pixels) / batch.count();
  return {.pixels = {batch.pixels.begin() + first * pixels, batch.pixels.begin() + (first + count) * pixels},
          .labels = {batch.labels.begin() + first, batch.labels.begin() + first + count}};
}

/// The gradient of a batch and the mean of its parts' gradients.
double distance_from_parts(TestBackend& gpu, Precision precision, std::int64_t samples, std::int64_t part) {
  RandomSequence random = reference::random_for(15);
  const Graph graph = two_convolutions();
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  const Batch batch = reference::draw_batch(graph, samples, random);
  const auto gradient = [&](const Batch& of) {
    return gradient_of(*gpu.backend, graph,
                       {.precision = precision, .training = TrainingOptions{.batch = of.count()}}, parameters,
                       of);
  };
  Values mean(parameters.size());
  for (std::int64_t first = 0; first < samples; first += part) {
    const auto of_part = gradient(part_of(batch, first, part));
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] += static_cast<double>(of_part[i]) * static_cast<double>(part) / static_cast<double>(samples);
  }
  return relative_distance(gradient(batch), std::span<const double>(mean));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("every kind of layer is off by its rounding in TF32 and bf16", "[cuda]", Layer) {
  if (gpus().empty()) LENET_SKIP("this machine has no GPU");
  for (const Precision precision : {Precision::tf32, Precision::bf16})
    check_cases(cases_of<TestType>(), precision);
}

// Samples that are left out or counted twice show: those are random, so that a hundredth of them makes a
// tenth of the mean. Where another size takes another engine, units within rounding of a kink take its other
// side: about one in a million samples in float32, hundreds in TF32, thousands in bf16, each with a
// ten-thousandth of the mean or less.
TEST_CASE("ten thousand samples have the mean of their parts' gradients in each precision", "[cuda]") {
  FOR_EACH_GPU(gpu)
  for (const Precision precision : precisions_of(*gpu)) {
    INFO(gpu->name << ", " << precision_name(precision));
    const double allowed = precision == Precision::fp32 ? 1e-3 : precision == Precision::tf32 ? 0.02 : 0.05;
    const bool simulated = is_simulated(*gpu);  // which would take minutes
    CHECK(distance_from_parts(*gpu, precision, simulated ? 60 : 10'000, simulated ? 20 : 500) <= allowed);
  }
}

// TF32 may be float32: cuBLAS and cuDNN are free to take an engine that is more exact.
TEST_CASE("bf16 is bf16", "[cuda]") {
  const Graph graph = cases_of<Linear>().front().graph;
  const Case exact(graph, 50, 300);
  const Values& expected = exact.training.gradient.values;
  const CompileOptions options{.precision = Precision::bf16,
                               .training = TrainingOptions{.batch = 50, .seed = kDropout.seed}};
  if (gpus().empty()) LENET_SKIP("this machine has no GPU");
  for (TestBackend* gpu : gpus_with(options.precision)) {
    INFO(gpu->name);
    const auto gradient =
        gradient_of(*gpu->backend, graph, options, exact.parameters, exact.batch, kDropout.step);
    CHECK(distance(gradient, expected, 0, expected.size()) >
          0x1p-12 * distance(expected, Values(expected.size()), 0, expected.size()));
  }
}
