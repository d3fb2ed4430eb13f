#include <cudnn.h>
#include <dlfcn.h>
#include <string>

#include "engine/core/error.hpp"
#include "engine/cuda/libraries/cudnn_conv.hpp"
#include "engine/cuda/runtime/device.hpp"
#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/test_folder.hpp"

using namespace lenet;
using namespace lenet::cuda;

namespace {

// cuDNN plans for a described GPU, so that what would fail on the real one fails here.

std::string description_of(const std::string& gpu) {
  const std::string text = lenet::read_all(test_folder() / "devices" / (gpu + ".json"));
  REQUIRE_FALSE(text.empty());
  return text;
}

ConvShape shape_of(const Node& node, std::int64_t samples) {
  const Conv2d& conv = std::get<Conv2d>(node.layer);
  return {.samples = samples,
          .channels = node.input[0],
          .height = node.input[1],
          .width = node.input[2],
          .filters = conv.filters,
          .kernel = conv.kernel,
          .padding = conv.padding == Padding::same ? conv.kernel / 2 : 0};
}

struct Gpu {
  std::string name;
  std::vector<Precision> precisions;
};

const std::vector<Gpu> kGpus{{"h200", {Precision::fp32, Precision::tf32, Precision::bf16}},
                             {"a100", {Precision::fp32, Precision::tf32, Precision::bf16}},
                             {"t4", {Precision::fp32}}};

bool has_gpu() {
  try {
    open_device(0);
    return true;
  } catch (const DeviceError&) {
    return false;
  }
}

/// Later versions of cuDNN link some of its engines to the driver.
bool engines_need_a_driver() {
  return !dlopen("libcudnn_engines_runtime_compiled.so.9", RTLD_LAZY | RTLD_LOCAL) &&
         std::string(dlerror()).find("libcuda.so.1") != std::string::npos;
}

#define NEEDS_DESCRIPTIONS()                                                            \
  if (cudnnGetVersion() < 90800) LENET_SKIP("cuDNN plans for absent GPUs from 9.8 on"); \
  if (engines_need_a_driver()) LENET_SKIP("this cuDNN's engines need NVIDIA's driver to load")

constexpr ConvKind kKinds[] = {ConvKind::forward_bias, ConvKind::forward_bias_relu, ConvKind::data_gradient,
                               ConvKind::weight_gradient};

void check_plans(const ConvDevice& device, const Node& node, std::int64_t samples, const Numerics& numerics) {
  for (const ConvKind kind : kKinds) {
    INFO(node.name << ", " << samples << " samples, " << precision_name(numerics.precision) << ", kind "
                   << static_cast<int>(kind));
    const ConvPlan plan = plan_convolution(device, kind, shape_of(node, samples), numerics);
    INFO(plan.refusal);
    REQUIRE(plan.conv);
    CHECK(plan.conv->workspace_bytes() <= std::size_t{256} << 20);
  }
}

/// Checks every convolution of the models.
void check_models(const ConvDevice& device, const std::vector<Precision>& precisions) {
  for (const std::string_view name : models::model_names()) {
    const Model model = models::make_model(name, {});
    for (const Node& node : model.graph.nodes()) {
      if (!std::holds_alternative<Conv2d>(node.layer)) continue;
      for (const std::int64_t samples : {1, 50, 1000})
        for (const Precision precision : precisions)
          for (const bool deterministic : {true, false})
            check_plans(device, node, samples, {.precision = precision, .deterministic = deterministic});
    }
  }
}

}  // namespace

TEST_CASE("cuDNN has a plan for every convolution of the models", "[cuda][plans]") {
  NEEDS_DESCRIPTIONS();
  for (const Gpu& gpu : kGpus) {
    INFO(gpu.name);
    check_models(ConvDevice(description_of(gpu.name)), gpu.precisions);
  }
}

// Without an engine that fuses the ReLU, training would silently be slower.
TEST_CASE("cuDNN has a plan for every convolution of the models on this machine's GPU", "[cuda][plans]") {
  if (!has_gpu()) LENET_SKIP("this machine has no GPU");
  const bool tensor_cores = compute_capability(0).major >= 8;
  check_models(ConvDevice(cudaStream_t{nullptr}),
               tensor_cores ? std::vector{Precision::fp32, Precision::tf32, Precision::bf16}
                            : std::vector{Precision::fp32});
}

TEST_CASE("cuDNN has plans for odd shapes in both layouts", "[cuda][plans]") {
  NEEDS_DESCRIPTIONS();
  const std::vector<ConvShape> shapes{
      {.samples = 7, .channels = 3, .height = 8, .width = 9, .filters = 5, .kernel = 3, .padding = 1},
      {.samples = 1, .channels = 2, .height = 4, .width = 4, .filters = 5, .kernel = 4},
      {.samples = 1, .channels = 1, .height = 3, .width = 2, .filters = 2, .kernel = 7, .padding = 3},
      {.samples = 3, .channels = 33, .height = 6, .width = 6, .filters = 65, .kernel = 3, .padding = 1},
      {.samples = 2, .channels = 4, .height = 5, .width = 5, .filters = 2, .kernel = 1}};
  for (const Gpu& gpu : kGpus) {
    const ConvDevice device(description_of(gpu.name));
    for (ConvShape shape : shapes)
      for (const auto layout : {kernels::Layout::channels_last, kernels::Layout::channels_first})
        for (const Precision precision : gpu.precisions)
          for (const ConvKind kind : kKinds) {
            shape.layout = layout;
            INFO(gpu.name << ", " << shape.channels << " channels, kernel " << shape.kernel << ", precision "
                          << static_cast<int>(precision) << ", kind " << static_cast<int>(kind));
            CHECK(plan_convolution(device, kind, shape, {.precision = precision}).conv);
          }
  }
}

TEST_CASE("true float32 avoids tensor cores, TF32 uses them", "[cuda][plans]") {
  NEEDS_DESCRIPTIONS();
  const ConvDevice device(description_of("h200"));
  const ConvShape conv2{
      .samples = 50, .channels = 32, .height = 14, .width = 14, .filters = 64, .kernel = 5, .padding = 2};
  const auto engine = [&](Precision precision) {
    return plan_convolution(device, ConvKind::forward_bias_relu, conv2, {.precision = precision})
        .conv->engine();
  };
  CHECK(engine(Precision::fp32) != engine(Precision::tf32));
}

TEST_CASE("a precision that a GPU cannot do has no plan", "[cuda][plans]") {
  NEEDS_DESCRIPTIONS();
  const ConvDevice device(description_of("t4"));
  const ConvShape shape{
      .samples = 50, .channels = 32, .height = 14, .width = 14, .filters = 64, .kernel = 5, .padding = 2};
  const ConvPlan plan =
      plan_convolution(device, ConvKind::forward_bias, shape, {.precision = Precision::bf16});
  CHECK_FALSE(plan.conv);
  INFO(plan.refusal);
  CHECK_FALSE(plan.refusal.empty());
}

TEST_CASE("an invalid description of a device is refused", "[cuda][plans]") {
  NEEDS_DESCRIPTIONS();
  CHECK_THROWS_AS(ConvDevice(std::string("{}")), DeviceError);
}
