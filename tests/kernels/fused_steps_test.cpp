#include <algorithm>
#include <numeric>

#include "kernels/dropout.hpp"
#include "kernels/launch_fused_steps.hpp"
#include "tests/kernels/support.hpp"

using namespace kernel_test;
using namespace lenet::kernels;

// Not an unnamed namespace: test sources are compiled in groups, and others have a Case, too.
namespace fused_steps {

constexpr std::uint64_t kSeed = 11;
constexpr std::uint32_t kDropoutLayer = 3;
constexpr std::int64_t kFirstStep = 61;  // steps 64 and 128 have the second and third table of rates
// A large epsilon, so that rounding in a small gradient does not turn into a whole step of Adam.
constexpr OptimizerHyper kAdam{.learning_rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-2f};
const OptimizerHyper kSgd{.learning_rate = lenet::LearningRate::linear(0.2f, 3, 90, 0.05f)};

struct Case {
  FusedNetwork network;
  std::int64_t samples;
  float dropout = 0;
  unsigned threads = 64;
  int blocks = 3;
  bool one_buffer = false;
};

/// The parameters of a network in flat arrays, with gaps.
struct Layout {
  std::int64_t offsets[kFusedParameters] = {}, counts[kFusedParameters] = {};
  std::int64_t count = 0;

  explicit Layout(const FusedNetwork& network) {
    const std::int64_t sizes[] = {std::int64_t{network.units} * network.pixels, network.units,
                                  std::int64_t{network.classes} * network.inputs(), network.classes};
    for (int i = 0; i < kFusedParameters; ++i) {
      offsets[i] = count;
      counts[i] = sizes[i];
      count += sizes[i] + 3;
    }
  }
};

struct Data {
  std::int64_t data_samples;
  std::vector<std::uint8_t> pixels, labels;
  std::vector<std::uint32_t> order;

  explicit Data(const Case& of)
      : data_samples(of.samples + 4),
        pixels(random_bytes(data_samples * of.network.pixels, 256, 1)),
        labels(random_bytes(data_samples, static_cast<std::uint32_t>(of.network.classes), 2)) {
    order.resize(static_cast<std::size_t>(of.samples));
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = static_cast<std::uint32_t>((i * 7 + 3) % static_cast<std::size_t>(data_samples));
  }
};

/// A network in training, in memory of its own.
struct Training {
  Case sizes;
  Layout layout;
  std::vector<float> weights, gradients, moment1, moment2;
  DeviceMetrics metrics{.loss_sum = 0.5, .correct = 1, .count = 2};
  StepState state;
  std::vector<unsigned long long> workspace;

  explicit Training(const Case& of)
      : sizes(of),
        layout(of.network),
        weights(random_values<float>(layout.count, 3)),
        gradients(unwritten<float>(layout.count)),
        moment1(weights.size()),
        moment2(weights.size()),
        workspace(fused_workspace_bytes(of.network) / sizeof(unsigned long long) + 1) {
    for (float& weight : weights) weight *= 0.2f;
  }

  FusedGrid grid() const {
    FusedLimits limits{.blocks = sizes.blocks, .shared_bytes = 227 * 1024};
    const auto found = fused_grid(sizes.network, limits, sizes.threads);
    REQUIRE(found);
    if (!sizes.one_buffer) return *found;
    limits.shared_bytes = found->shared_bytes - 1;
    const auto smaller = fused_grid(sizes.network, limits, sizes.threads);
    REQUIRE(smaller);
    REQUIRE(smaller->image_buffers == 1);
    return *smaller;
  }

  /// Takes the steps of these samples of the order.
  void run(const Data& data, std::int64_t first, std::int64_t count) {
    REQUIRE(prepare_fused_steps(sizes.network, grid()) == cudaSuccess);
    REQUIRE(launch_fused_steps(arguments(data, first, count), nullptr) == cudaSuccess);
  }

  FusedStepsArgs arguments(const Data& data, std::int64_t first, std::int64_t count) {
    FusedStepsArgs args{.network = sizes.network,
                        .grid = grid(),
                        .pixels = data.pixels.data(),
                        .labels = data.labels.data(),
                        .order = data.order.data() + first,
                        .samples = count,
                        .weights = weights.data(),
                        .gradients = gradients.data(),
                        .optimizer = sizes.network.adam ? kAdam : kSgd,
                        .seed = kSeed,
                        .dropout_layer = kDropoutLayer,
                        .dropout_rate = sizes.dropout,
                        .first_step = kFirstStep + first / sizes.network.batch,
                        .state = &state,
                        .metrics = &metrics,
                        .workspace = workspace.data()};
    if (sizes.network.adam) args.moments[0] = moment1.data(), args.moments[1] = moment2.data();
    std::ranges::copy(layout.offsets, args.offsets);
    return args;
  }

  std::vector<float> results() const {
    std::vector<float> all;
    for (const auto* values : {&weights, &moment1, &moment2})
      all.insert(all.end(), values->begin(), values->end());
    for (int i = 0; i < kFusedParameters; ++i) {
      const auto begin = gradients.begin() + layout.offsets[i];
      all.insert(all.end(), begin, begin + layout.counts[i]);
    }
    return all;
  }
};

/// Reference: the same steps in double precision, one plain loop per formula.
struct PlainTraining {
  Case sizes;
  Layout layout;
  std::vector<double> weights, gradients, moment1, moment2;
  double loss_sum = 0;

  explicit PlainTraining(const Training& from)
      : sizes(from.sizes),
        layout(from.layout),
        weights(doubles(from.weights)),
        gradients(weights.size()),
        moment1(weights.size()),
        moment2(weights.size()) {}

  std::size_t at(FusedParameter parameter, std::int64_t row, std::int64_t columns,
                 std::int64_t column) const {
    return static_cast<std::size_t>(layout.offsets[parameter] + row * columns + column);
  }

  void step(const Data& data, std::int64_t first, std::int64_t count, std::int64_t number) {
    std::ranges::fill(gradients, 0.0);
    for (std::int64_t i = 0; i < count; ++i)
      pass(data, data.order[static_cast<std::size_t>(first + i)], i, count, number);
    if (sizes.network.adam)
      adam_update(number);
    else
      for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] -= double{lenet::at(kSgd.learning_rate, number)} * gradients[i];
  }

  void pass(const Data& data, std::uint32_t sample, std::int64_t place, std::int64_t count,
            std::int64_t number) {
    const FusedNetwork& network = sizes.network;
    const std::uint8_t* const pixels = &data.pixels[sample * static_cast<std::size_t>(network.pixels)];
    const auto pixel = [&](std::int64_t i) { return pixels[i] / 255.0; };
    const auto inputs = static_cast<std::size_t>(network.inputs());
    std::vector<double> values(inputs), factors(inputs, 1.0);
    for (std::size_t j = 0; j < inputs; ++j) {
      const auto unit = static_cast<std::int64_t>(j);
      if (network.units == 0) {
        values[j] = pixel(unit);
        continue;
      }
      double sum = weights[at(kHiddenBias, 0, 0, unit)];
      for (std::int64_t i = 0; i < network.pixels; ++i)
        sum += weights[at(kHiddenWeight, unit, network.pixels, i)] * pixel(i);
      factors[j] = sum > 0 ? dropout(place * network.units + unit, number) : 0.0;
      values[j] = sum * factors[j];
    }
    std::vector<double> logits(static_cast<std::size_t>(network.classes));
    double exp_sum = 0;
    for (std::size_t k = 0; k < logits.size(); ++k) {
      const auto row = static_cast<std::int64_t>(k);
      logits[k] = weights[at(kLastBias, 0, 0, row)];
      for (std::size_t j = 0; j < inputs; ++j)
        logits[k] +=
            weights[at(kLastWeight, row, network.inputs(), static_cast<std::int64_t>(j))] * values[j];
      exp_sum += std::exp(logits[k]);
    }
    loss_sum += std::log(exp_sum) - logits[data.labels[sample]];
    std::vector<double> of_values(inputs);
    for (std::size_t k = 0; k < logits.size(); ++k) {
      const auto row = static_cast<std::int64_t>(k);
      const double gradient =
          (std::exp(logits[k]) / exp_sum - (k == data.labels[sample])) / static_cast<double>(count);
      gradients[at(kLastBias, 0, 0, row)] += gradient;
      for (std::size_t j = 0; j < inputs; ++j) {
        const std::size_t weight = at(kLastWeight, row, network.inputs(), static_cast<std::int64_t>(j));
        gradients[weight] += gradient * values[j];
        of_values[j] += gradient * weights[weight] * factors[j];
      }
    }
    for (std::int64_t j = 0; j < network.units; ++j) {
      gradients[at(kHiddenBias, 0, 0, j)] += of_values[static_cast<std::size_t>(j)];
      for (std::int64_t i = 0; i < network.pixels; ++i)
        gradients[at(kHiddenWeight, j, network.pixels, i)] +=
            of_values[static_cast<std::size_t>(j)] * pixel(i);
    }
  }

  double dropout(std::int64_t place, std::int64_t number) const {
    if (sizes.dropout == 0) return 1;
    const auto mask = dropout_mask(kSeed, static_cast<std::uint64_t>(number), kDropoutLayer, sizes.dropout);
    return double{
        dropout_factor(mask, dropout_words(mask, static_cast<std::uint32_t>(place / 4)).word[place % 4])};
  }

  void adam_update(std::int64_t number) {
    const double t = static_cast<double>(number) + 1, beta1 = double{kAdam.beta1},
                 beta2 = double{kAdam.beta2};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      moment1[i] = beta1 * moment1[i] + (1 - beta1) * gradients[i];
      moment2[i] = beta2 * moment2[i] + (1 - beta2) * gradients[i] * gradients[i];
      weights[i] -= double{kAdam.learning_rate.base} * moment1[i] / (1 - std::pow(beta1, t)) /
                    (std::sqrt(moment2[i] / (1 - std::pow(beta2, t))) + double{kAdam.epsilon});
    }
  }
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {.network = {.pixels = 20, .units = 5, .classes = 3, .batch = 1, .adam = true}, .samples = 4},
      {.network = {.pixels = 64, .units = 37, .classes = 10, .batch = 7, .adam = true},
       .samples = 24,
       .dropout = 0.5f,
       .threads = 96},
      {.network = {.pixels = 48, .units = 6, .classes = 10, .batch = 50}, .samples = 120, .one_buffer = true},
      {.network = {.pixels = 33, .units = 9, .classes = 32, .batch = 33, .adam = true},
       .samples = 70,
       .dropout = 0.25f,
       .blocks = 1},
      {.network = {.pixels = 784, .units = 8, .classes = 10, .batch = 50, .adam = true},
       .samples = 60,
       .threads = 192,
       .blocks = 2},
      {.network = {.pixels = 784, .classes = 10, .batch = 50}, .samples = 110, .blocks = 40},
      {.network = {.pixels = 100, .classes = 10, .batch = 33, .adam = true}, .samples = 80},
      {.network = {.pixels = 9, .classes = 2, .batch = 3}, .samples = 8, .one_buffer = true},
  };
  return all;
}

/// Whether both have the same bits; a failing check would print thousands of numbers.
bool same(const Training& a, const Training& b) { return a.results() == b.results(); }

std::string text(const Case& sizes) {
  const FusedNetwork& network = sizes.network;
  return std::to_string(network.pixels) + " pixels, " + std::to_string(network.units) + " units, batch " +
         std::to_string(network.batch);
}

bool is_left_out(const Case& sizes) {
  return leave_out(std::int64_t{sizes.network.pixels} * sizes.network.batch);
}

TEST_CASE("fused steps follow the same steps in double", "[kernel][fused]") {
  for (const Case& sizes : cases()) {
    if (is_left_out(sizes)) continue;
    INFO(text(sizes));
    const Data data(sizes);
    Training training(sizes);
    PlainTraining plain(training);
    std::int64_t steps = 0;
    for (std::int64_t first = 0; first < sizes.samples; first += sizes.network.batch, ++steps)
      plain.step(data, first, std::min<std::int64_t>(sizes.network.batch, sizes.samples - first),
                 kFirstStep + steps);
    training.run(data, 0, sizes.samples);

    CHECK(training.metrics.loss_sum - 0.5 == Approx(plain.loss_sum).epsilon(1e-5));
    CHECK(training.metrics.count == 2 + sizes.samples);
    CHECK(training.metrics.first_nonfinite_step == -1);
    CHECK(training.state.step == kFirstStep + steps - 1);
    // Sums of up to 784 products of numbers near 1, roundings of 2^-24 each; the divisor of Adam's update is
    // at least a hundredth, and so raises them to a few millionths.
    constexpr double kSum = 5e-6;
    check_close(training.weights, plain.weights, 0, kSum);
    check_close(training.moment1, plain.moment1, kSum, kSum);
    check_close(training.moment2, plain.moment2, kSum, kSum);
    std::vector<double> gradients = plain.gradients;
    for (std::size_t i = 0; i < gradients.size(); ++i)
      if (std::isnan(training.gradients[i])) training.gradients[i] = 7e7f;  // a gap, or not written
    for (int i = 0; i + 1 < kFusedParameters; ++i)
      for (std::int64_t gap = training.layout.offsets[i] + training.layout.counts[i];
           gap < training.layout.offsets[i + 1]; ++gap)
        gradients[static_cast<std::size_t>(gap)] = 7e7;
    std::fill(gradients.end() - 3, gradients.end(), 7e7);
    check_close(training.gradients, gradients, kSum, kSum);
  }
}

TEST_CASE("fused steps give the same bits under every schedule and however they are split into launches",
          "[kernel][fused]") {
  for (const Case& sizes : cases()) {
    if (is_left_out(sizes)) continue;
    INFO(text(sizes));
    const Data data(sizes);
    Training first(sizes);
    first.run(data, 0, sizes.samples);
    under_every_schedule([&] {
      Training again(sizes);
      again.run(data, 0, sizes.samples);
      CHECK(same(again, first));
      CHECK(again.metrics.loss_sum == first.metrics.loss_sum);
    });
    Training split(sizes);
    for (std::int64_t begin = 0; begin < sizes.samples; begin += sizes.network.batch)
      split.run(data, begin, std::min<std::int64_t>(sizes.network.batch, sizes.samples - begin));
    CHECK(same(split, first));
    CHECK(split.metrics.loss_sum == first.metrics.loss_sum);
    CHECK(split.metrics.correct == first.metrics.correct);
    CHECK(split.state.step == first.state.step);
  }
}

TEST_CASE("the number of image buffers does not change a bit of fused steps", "[kernel][fused]") {
  for (Case sizes : cases()) {
    if (is_left_out(sizes)) continue;
    INFO(text(sizes));
    const Data data(sizes);
    sizes.one_buffer = false;
    Training two(sizes);
    two.run(data, 0, sizes.samples);
    sizes.one_buffer = true;
    Training one(sizes);
    one.run(data, 0, sizes.samples);
    CHECK(same(one, two));
  }
}

TEST_CASE("fused steps record the first step whose loss or weights are not finite", "[kernel][fused]") {
  const Case sizes{.network = {.pixels = 20, .units = 5, .classes = 3, .batch = 2}, .samples = 8};
  const Data data(sizes);
  const auto first_after = [&](FusedParameter parameter, float value) {
    Training training(sizes);
    training.weights[static_cast<std::size_t>(training.layout.offsets[parameter] + 1)] = value;
    training.run(data, 0, 2);  // a step in which all may still be finite
    training.run(data, 2, 6);
    return training.metrics.first_nonfinite_step;
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const FusedParameter parameter : {kHiddenWeight, kHiddenBias, kLastWeight, kLastBias})
    CHECK(first_after(parameter, kNan) == kFirstStep);
  CHECK(first_after(kHiddenBias, 1e12f) == kFirstStep);  // more than the sums of logits hold
}

TEST_CASE("a network that does not fit into shared memory or a block is refused", "[kernel][fused]") {
  constexpr FusedNetwork kMlp{.pixels = 784, .units = 512, .classes = 10, .batch = 50, .adam = true};
  const auto fits = [](FusedNetwork network, int blocks, std::size_t kilobytes) {
    return fused_grid(network, {.blocks = blocks, .shared_bytes = kilobytes * 1024});
  };
  const auto h100 = fits(kMlp, 132, 227);
  REQUIRE(h100);
  CHECK(h100->blocks == 128);
  CHECK(h100->share == 4);
  CHECK(h100->image_buffers == 2);
  const auto rtx4090 = fits(kMlp, 128, 99);
  REQUIRE(rtx4090);
  CHECK(rtx4090->image_buffers == 1);
  CHECK(fits(kMlp, 108, 163));      // A100
  CHECK_FALSE(fits(kMlp, 40, 64));  // T4
  CHECK_FALSE(fits(kMlp, 0, 227));  // no cooperative launches
  FusedNetwork other = kMlp;
  other.batch = 513;
  CHECK_FALSE(fits(other, 132, 227));
  other = kMlp;
  other.classes = 33;
  CHECK_FALSE(fits(other, 132, 227));
  const auto regressor = fits({.pixels = 784, .classes = 10, .batch = 100}, 40, 64);
  REQUIRE(regressor);
  CHECK(regressor->blocks == 25);
}

TEST_CASE("fused steps refuse a grid that the device cannot run at once", "[kernel][fused]") {
  const Training training({.network = {.pixels = 20, .units = 5, .classes = 3, .batch = 2}, .samples = 8});
  simulator::set_device_limits({.multiprocessors = 2, .threads_per_multiprocessor = 64});
  CHECK(prepare_fused_steps(training.sizes.network, training.grid()) == cudaErrorCooperativeLaunchTooLarge);
  simulator::set_device_limits({});
}

TEST_CASE("a smaller grid that is prepared later takes no shared memory from a larger one",
          "[kernel][fused]") {
  const Case sizes{
      .network = {.pixels = 784, .units = 14, .classes = 3, .batch = 2}, .samples = 2, .blocks = 1};
  Training large(sizes);
  const Training small({.network = {.pixels = 20, .units = 5, .classes = 3, .batch = 2}, .samples = 2});
  constexpr std::size_t kAllowedAnyway = 48 * 1024;
  REQUIRE(large.grid().shared_bytes > kAllowedAnyway);
  const Data data(sizes);
  REQUIRE(prepare_fused_steps(large.sizes.network, large.grid()) == cudaSuccess);
  REQUIRE(prepare_fused_steps(small.sizes.network, small.grid()) == cudaSuccess);
  CHECK(launch_fused_steps(large.arguments(data, 0, 2), nullptr) == cudaSuccess);
}

TEST_CASE("fused steps without a batch, or of more classes than there is room for, are refused",
          "[kernel][fused]") {
  FusedStepsArgs args{.network = {.pixels = 4, .classes = 10, .batch = 1},
                      .grid = {.blocks = 1, .threads = 512, .share = 4, .image_buffers = 1},
                      .samples = 1};
  args.network.batch = 0;
  CHECK(launch_fused_steps(args, nullptr) == cudaErrorInvalidValue);
  args.network.batch = 1;
  args.network.classes = kMaxFusedClasses + 1;
  CHECK(launch_fused_steps(args, nullptr) == cudaErrorInvalidValue);
}

}  // namespace fused_steps
