#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/layers/compare.hpp"
#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tolerance.hpp"

using namespace lenet;
using reference::Batch;
using reference::Values;

namespace {

// What a Program promises apart from the layers' mathematics.

Graph network() {
  Graph graph(Image{.channels = 1, .height = 10, .width = 9});
  graph.add(Conv2d{.filters = 5, .kernel = 3, .padding = Padding::same})
      .add(Relu{})
      .add(MaxPool2d{.window = 2});
  graph.add(Conv2d{.filters = 7, .kernel = 3, .padding = Padding::same})
      .add(Relu{})
      .add(MaxPool2d{.window = 2});
  graph.add(Flatten{})
      .add(Linear{.units = 19})
      .add(Relu{})
      .add(Dropout{.rate = 0.5f})
      .add(Linear{.units = 5});
  return graph;
}

struct Fixture {
  Graph graph = network();
  CompileOptions options{
      .training = TrainingOptions{.batch = 8, .optimizer = Adam{.learning_rate = 1e-3f}, .seed = 3}};
  std::vector<float> parameters;
  std::vector<Batch> batches;  ///< the last one is short

  Fixture() {
    RandomSequence random = reference::random_for(6);
    parameters = reference::draw_parameters(graph, random);
    for (int i = 0; i < 10; ++i) batches.push_back(reference::draw_batch(graph, i < 9 ? 8 : 3, random));
  }

  Driver start(Backend& backend) const {
    Driver driver(backend, graph, options);
    driver.program().set_parameters(parameters);
    return driver;
  }

  std::vector<float> parameters_after_training(Backend& backend) const {
    Driver driver = start(backend);
    for (std::size_t step = 0; step < batches.size(); ++step)
      driver.train(batches[step], static_cast<std::int64_t>(step));
    return driver.program().parameters();
  }
};

Batch part_of(const Graph& graph, const Batch& batch, std::int64_t first, std::int64_t count) {
  const auto pixels = batch.pixels.begin() + first * graph.input_count();
  return {.pixels = {pixels, pixels + count * graph.input_count()},
          .labels = {batch.labels.begin() + first, batch.labels.begin() + first + count}};
}

}  // namespace

TEST_CASE("parameters and moments come back bit for bit", "[program]") {
  const Fixture fixture;
  const auto count = static_cast<std::size_t>(fixture.graph.parameter_count());
  std::vector<float> odd(count), first(count), second(count);
  for (std::size_t i = 0; i < count; ++i) {
    odd[i] = static_cast<float>(i + 1) / 3.0f;
    first[i] = -odd[i] / 7.0f;
    second[i] = odd[i] * 1e-7f;
  }
  odd[0] = std::numeric_limits<float>::max();
  odd[1] = std::numeric_limits<float>::denorm_min();
  odd[count - 1] = -std::numeric_limits<float>::min();
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver driver(*backend, fixture.graph, fixture.options);
    CHECK(driver.program().moments() == std::vector(2, std::vector<float>(count)));
    driver.program().set_parameters(odd);
    driver.program().set_moments(std::vector{first, second});
    CHECK(driver.program().parameters() == odd);
    CHECK(driver.program().moments() == std::vector{first, second});
    driver.program().set_parameters(first);
    CHECK(driver.program().parameters() == first);
    CHECK(driver.program().moments() == std::vector{first, second});
  }
}

TEST_CASE("the same run twice gives the same bits", "[program]") {
  const Fixture fixture;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    const auto once = fixture.parameters_after_training(*backend);
    CHECK(once != fixture.parameters);
    CHECK(fixture.parameters_after_training(*backend) == once);
  }
}

TEST_CASE("a run that is taken up in a new Program goes on bit for bit", "[program]") {
  const Fixture fixture;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver first = fixture.start(*backend);
    for (std::size_t step = 0; step < 4; ++step)
      first.train(fixture.batches[step], static_cast<std::int64_t>(step));
    Driver second(*backend, fixture.graph, fixture.options);
    second.program().set_parameters(first.program().parameters());
    second.program().set_moments(first.program().moments());
    second.program().set_metrics(first.program().metrics());
    for (std::size_t step = 4; step < fixture.batches.size(); ++step) {
      first.train(fixture.batches[step], static_cast<std::int64_t>(step));
      second.train(fixture.batches[step], static_cast<std::int64_t>(step));
    }
    CHECK(second.program().parameters() == first.program().parameters());
    CHECK(second.program().parameters() == fixture.parameters_after_training(*backend));
    CHECK(second.program().metrics().loss_sum == first.program().metrics().loss_sum);
    CHECK(second.program().metrics().correct == first.program().metrics().correct);
    CHECK(second.program().metrics().count == first.program().metrics().count);
  }
}

TEST_CASE("a step that does not follow the last one is the step that its number says", "[program]") {
  const Fixture fixture;
  const std::vector<std::vector<float>> no_moments(2, std::vector<float>(fixture.parameters.size()));
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver jumping = fixture.start(*backend);
    for (const std::int64_t step : {0, 1, 2, 3}) jumping.train(fixture.batches[0], step);
    for (const std::int64_t step : {500, 2}) {
      jumping.program().set_parameters(fixture.parameters);
      jumping.program().set_moments(no_moments);
      Driver fresh = fixture.start(*backend);
      fresh.train(fixture.batches[1], step);
      jumping.train(fixture.batches[1], step);
      CHECK(jumping.program().parameters() == fresh.program().parameters());
    }
  }
}

TEST_CASE("two Programs at once do not disturb each other", "[program]") {
  const Fixture fixture;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    const auto alone = fixture.parameters_after_training(*backend);
    Driver left = fixture.start(*backend), right = fixture.start(*backend);
    for (std::size_t step = 0; step < fixture.batches.size(); ++step) {
      left.train(fixture.batches[step], static_cast<std::int64_t>(step));
      right.train(fixture.batches[step], static_cast<std::int64_t>(step));
    }
    CHECK(left.program().parameters() == alone);
    CHECK(right.program().parameters() == alone);
  }
}

TEST_CASE("evaluation between steps changes nothing in training", "[program]") {
  const Fixture fixture;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver driver = fixture.start(*backend);
    for (std::size_t step = 0; step < fixture.batches.size(); ++step) {
      driver.evaluate(fixture.batches[(step + 3) % fixture.batches.size()]);
      driver.program().logits(fixture.batches[0].pixels);
      driver.train(fixture.batches[step], static_cast<std::int64_t>(step));
    }
    CHECK(driver.program().parameters() == fixture.parameters_after_training(*backend));
  }
}

TEST_CASE("training metrics add up the losses before each step", "[program]") {
  const Fixture fixture;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver driver = fixture.start(*backend);
    double loss = 0, allowed = 0;
    std::int64_t correct = 0, count = 0;
    for (std::int64_t step = 0; step < std::ssize(fixture.batches); ++step) {
      const Batch& batch = fixture.batches[static_cast<std::size_t>(step)];
      const Values weights = reference::widen(driver.program().parameters());
      const auto pass = reference::forward(fixture.graph, weights, batch.pixels,
                                           reference::DropoutKey{.seed = fixture.options.training->seed,
                                                                 .step = static_cast<std::uint64_t>(step)});
      const auto expected = reference::cross_entropy(pass.logits(), batch.labels);
      loss += expected.sum;
      correct += expected.correct;
      count += batch.count();
      allowed += static_cast<double>(batch.count()) *
                 tolerance::of_sample_loss(fixture.graph, largest(pass.logits()), expected.sum);
      driver.train(batch, step);
    }
    const Metrics metrics = driver.program().metrics();
    CHECK(std::abs(metrics.loss_sum - loss) <= allowed);
    CHECK(metrics.correct == correct);  // no two largest logits of these batches are near each other
    CHECK(metrics.count == count);
    CHECK(driver.program().metrics().loss_sum == metrics.loss_sum);
    driver.program().reset_metrics();
    CHECK(driver.program().metrics().loss_sum == 0);
  }
}

TEST_CASE("the gradients are those of the last training step, whatever is evaluated after it", "[program]") {
  Fixture fixture;
  fixture.options.training->optimizer = kKeepGradient;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver driver = fixture.start(*backend);
    CHECK(driver.program().gradients() == std::vector<float>(fixture.parameters.size()));
    driver.train(fixture.batches.front(), 0);
    driver.train(fixture.batches.back(), 1);
    driver.evaluate(fixture.batches.front());
    CHECK(driver.program().gradients() == driver.program().moments().at(0));
    CHECK(driver.program().gradients() != std::vector<float>(fixture.parameters.size()));
  }
}

TEST_CASE("the confusion counts are those of the logits", "[program]") {
  const Fixture fixture;
  const auto classes = static_cast<std::size_t>(fixture.graph.classes());
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver driver = fixture.start(*backend);
    CHECK(driver.program().metrics().confusion.empty());
    std::vector<std::int64_t> expected(classes * classes);
    for (const Batch& batch : fixture.batches) {
      driver.evaluate(batch);
      const std::vector<float> logits = driver.program().logits(batch.pixels);
      for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * classes);
        const auto predicted = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row;
        ++expected[batch.labels[i] * classes + static_cast<std::size_t>(predicted)];
      }
    }
    const Metrics metrics = driver.program().metrics();
    CHECK(metrics.confusion == expected);
    driver.program().reset_metrics();
    CHECK(driver.program().metrics().confusion.empty());
  }
}

TEST_CASE("evaluation does not depend on how the images are cut into batches", "[program]") {
  const Graph graph = network();
  RandomSequence random = reference::random_for(7);
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  const Batch images = reference::draw_batch(graph, 23, random);
  const auto pass = reference::forward(graph, reference::widen(parameters), images.pixels);
  const auto expected = reference::cross_entropy(pass.logits(), images.labels);
  const double allowed = 23 * tolerance::of_sample_loss(graph, largest(pass.logits()), expected.sum);
  for (auto& [name, backend] : available_backends())
    for (const std::int64_t cut : {1, 4, 23}) {
      INFO(name << ", cut into batches of " << cut);
      Driver driver(*backend, graph, {.batch = 23});
      driver.program().set_parameters(parameters);
      for (std::int64_t first = 0; first < 23; first += cut)
        driver.evaluate(part_of(graph, images, first, std::min(cut, 23 - first)));
      const Metrics metrics = driver.program().metrics();
      CHECK(std::abs(metrics.loss_sum - expected.sum) <= allowed);
      CHECK(metrics.correct == expected.correct);
      CHECK(metrics.count == 23);
    }
}

TEST_CASE("logits are given for any number of images", "[program]") {
  const Graph graph = network();
  RandomSequence random = reference::random_for(8);
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  for (auto& [name, backend] : available_backends()) {
    Driver driver(*backend, graph, {.batch = 4});
    driver.program().set_parameters(parameters);
    CHECK(driver.program().logits({}).empty());
    const std::int64_t full = driver.program().evaluation_batch();
    for (const std::int64_t count : {std::int64_t{1}, std::int64_t{5}, full, full + 1}) {
      INFO(name << ", " << count << " images");
      const Batch images = reference::draw_batch(graph, count, random);
      check_logits(graph, parameters, reference::forward(graph, reference::widen(parameters), images.pixels),
                   driver.program().logits(images.pixels));
    }
  }
}

TEST_CASE("batches gathered by index from the device's copy train like batches from slots", "[program]") {
  const Fixture fixture;
  Batch all;
  for (const Batch& batch : fixture.batches) {
    all.pixels.insert(all.pixels.end(), batch.pixels.begin(), batch.pixels.end());
    all.labels.insert(all.labels.end(), batch.labels.begin(), batch.labels.end());
  }
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    CompileOptions options = fixture.options;
    options.training->resident = {all.pixels, all.labels};
    Driver driver(*backend, fixture.graph, options);
    driver.program().set_parameters(fixture.parameters);
    std::uint32_t first = 0;
    for (std::size_t step = 0; step < fixture.batches.size(); ++step) {
      std::vector<std::uint32_t> indices(fixture.batches[step].labels.size());
      std::iota(indices.begin(), indices.end(), first);
      first += static_cast<std::uint32_t>(indices.size());
      driver.train_by_index(indices, static_cast<std::int64_t>(step));
    }
    CHECK(driver.program().parameters() == fixture.parameters_after_training(*backend));
  }
}

TEST_CASE("the memory that a Program reports holds at least its weights", "[program]") {
  const Fixture fixture;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Driver driver = fixture.start(*backend);
    std::int64_t weights = 0;
    for (const MemoryUse& use : driver.program().memory_use())
      if (use.purpose == "weights") weights += use.bytes;
    CHECK(weights >= 4 * fixture.graph.parameter_count());
  }
}

TEST_CASE("a Program names an implementation for every product of its layers", "[program]") {
  using Products = std::vector<std::pair<std::string, std::string>>;
  const auto products_of = [](Program& program) {
    Products products;
    for (const Implementation& each : program.implementations()) {
      CHECK(each.chosen.find(' ') != std::string::npos);  // a library, and its name for it
      CHECK(each.workspace_bytes >= 0);
      products.emplace_back(each.layer, each.product);
    }
    return products;
  };
  const Fixture fixture;
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    // No parameter precedes the first layer: it has no data gradient.
    Products expected, forward;
    for (const Node& node : fixture.graph.nodes())
      if (!node.parameters.empty()) {
        forward.emplace_back(node.name, "forward");
        const bool first = expected.empty();
        expected.emplace_back(node.name, "forward");
        expected.emplace_back(node.name, "weight gradient");
        if (!first) expected.emplace_back(node.name, "data gradient");
      }
    Driver training = fixture.start(*backend);
    CHECK(products_of(training.program()) == expected);
    Driver inference(*backend, fixture.graph, CompileOptions{});
    CHECK(products_of(inference.program()) == forward);
  }
}

TEST_CASE("a program for inference gives a training program's logits and losses, and cannot be trained",
          "[program]") {
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    Fixture fixture;
    Driver training = fixture.start(*backend);
    Driver inference(*backend, fixture.graph, CompileOptions{});
    inference.program().set_parameters(fixture.parameters);
    CHECK(inference.program().parameters() == training.program().parameters());
    CHECK(inference.program().logits(fixture.batches[0].pixels) ==
          training.program().logits(fixture.batches[0].pixels));
    for (Driver* const driver : {&training, &inference}) driver->evaluate(fixture.batches[0]);
    CHECK(inference.program().metrics().loss_sum == training.program().metrics().loss_sum);

    CHECK(inference.program().moments().empty());
    CHECK(inference.program().gradients().empty());
    for (const MemoryUse& use : inference.program().memory_use())
      CHECK((use.purpose != "gradients" && use.purpose != "moments"));
    CHECK_THROWS_WITH(inference.train(fixture.batches[0], 0), contains("compiled for inference"));
  }
}
