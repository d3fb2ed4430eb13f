#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/cuda/gpus.hpp"
#include "tests/cuda/run.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

namespace {

void require_equal(const Histogram& found, const Histogram& expected) {
  REQUIRE(found.buckets.size() == expected.buckets.size());
  for (std::size_t i = 0; i < found.buckets.size(); ++i) {
    INFO("bucket " << i);
    CHECK(found.buckets[i].left == expected.buckets[i].left);
    CHECK(found.buckets[i].right == expected.buckets[i].right);
    CHECK(found.buckets[i].count == expected.buckets[i].count);
  }
}

void require_histograms(Program& program, const Graph& graph) {
  for (const Observed of : {Observed::weights, Observed::gradients}) {
    const std::vector<float> values = of == Observed::weights ? program.parameters() : program.gradients();
    const auto found = program.histograms(of);
    REQUIRE(found);
    REQUIRE(found->size() == graph.parameters().size());
    for (std::size_t i = 0; i < found->size(); ++i) {
      INFO(graph.parameters()[i].name << (of == Observed::weights ? "" : ", gradients"));
      require_equal((*found)[i], histogram_of(graph.parameters()[i].in(std::span(values))));
    }
  }
}

std::int64_t device_bytes(const Program& program) {
  const std::vector<MemoryUse> use = program.memory_use();
  return std::accumulate(use.begin(), use.end(), std::int64_t{0},
                         [](std::int64_t sum, const MemoryUse& part) { return sum + part.bytes; });
}

}  // namespace

TEST_CASE("histograms that the device counts are those of the values that it returns", "[cuda]") {
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    for (const Precision precision : precisions_of(*gpu)) {
      const Run run(small_cnn(), 4, 3);
      CompileOptions options = run.options;
      options.precision = precision;
      options.histograms_on_device = true;
      Driver driver = run.start(*gpu->backend, options);
      const std::int64_t bytes = device_bytes(driver.program());
      require_histograms(driver.program(), run.graph);  // gradients are all zero
      run.train(driver, 3);
      require_histograms(driver.program(), run.graph);
      CHECK(device_bytes(driver.program()) == bytes);
    }
  }
}

TEST_CASE("histograms that the device counts leave out what is not finite", "[cuda]") {
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    const Run run(small_mlp(), 4, 1);
    CompileOptions options = run.options;
    options.histograms_on_device = true;
    Driver driver = run.start(*gpu->backend, options);
    std::vector<float> values = run.parameters;
    const std::span<float> first = run.graph.parameters()[0].in(std::span(values));
    first[1] = std::numeric_limits<float>::quiet_NaN();
    first[2] = std::numeric_limits<float>::infinity();
    first[3] = -std::numeric_limits<float>::infinity();
    std::ranges::fill(run.graph.parameters()[1].in(std::span(values)), NAN);
    driver.program().set_parameters(values);
    require_histograms(driver.program(), run.graph);
    CHECK(driver.program().histograms(Observed::weights)->at(1).buckets.empty());
  }
}

TEST_CASE("histograms are counted by the device only where they were asked for, in training", "[cuda]") {
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    const Run run(small_mlp(), 4, 1);
    Driver plain = run.start(*gpu->backend, run.options);
    CHECK_FALSE(plain.program().histograms(Observed::weights));
    CompileOptions inference;
    inference.histograms_on_device = true;
    const auto program = gpu->backend->compile(run.graph, inference);
    CHECK_FALSE(program->histograms(Observed::weights));
  }
}

TEST_CASE("a single parameter has the values that it has among all", "[cuda]") {
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    const Run run(small_cnn(), 4, 1);
    Driver driver = run.start(*gpu->backend, run.options);
    for (const Parameter& parameter : run.graph.parameters()) {
      INFO(parameter.name);
      const std::span<const float> expected = parameter.in(std::span(run.parameters));
      CHECK(std::ranges::equal(driver.program().parameter(parameter), expected));
    }
  }
}
