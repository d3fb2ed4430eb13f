#include "tools/bench/kernel_cases.hpp"

#include <type_traits>
#include <utility>

#include "engine/core/random.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/launch_adam.hpp"
#include "kernels/launch_batch_position.hpp"
#include "kernels/launch_bias_gradient.hpp"
#include "kernels/launch_conv_relu_pool.hpp"
#include "kernels/launch_convert.hpp"
#include "kernels/launch_dropout.hpp"
#include "kernels/launch_fused_steps.hpp"
#include "kernels/launch_head.hpp"
#include "kernels/launch_max_pool.hpp"
#include "kernels/launch_prepare_batch.hpp"
#include "kernels/launch_relu.hpp"
#include "kernels/launch_sgd.hpp"
#include "kernels/launch_softmax_cross_entropy.hpp"
#include "kernels/metrics.hpp"
#include "kernels/step_state.hpp"

namespace lenet::bench {
namespace {

using namespace kernels;

// The CNN's sizes (models/cnn.cpp).
constexpr std::int64_t kPixels = 28 * 28;
constexpr std::int64_t kClasses = 10;
constexpr ConvReluPoolShape kConv1{.filters = 32, .height = 28, .width = 28};
constexpr PoolShape kPool2{.channels = 64, .height = 14, .width = 14};
constexpr std::int64_t kFc1Units = 1024;
constexpr std::int64_t kFusedSteps = 20;
constexpr std::int64_t kConv1Weights = kConv1.filters * (kConvReluPoolKernel * kConvReluPoolKernel + 1);
constexpr OptimizerHyper kAdam{.learning_rate = 1e-4f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-7f};

template <class T>
constexpr const char* kElements = std::is_same_v<T, bf16> ? "bf16" : "float32";
template <class T>
constexpr std::int64_t kSize = static_cast<std::int64_t>(sizeof(T));

template <class T>
T element_of(float value) {
  if constexpr (std::is_same_v<T, bf16>)
    return __float2bfloat16_rn(value);
  else
    return value;
}

}  // namespace

KernelCases::KernelCases(const Sizes& sizes)
    : sizes_(sizes),
      state_(static_cast<StepState*>(zeroed(sizeof(StepState)))),
      resident_pixels_(bytes_below(256, sizes.resident_samples * kPixels)),
      resident_labels_(bytes_below(kClasses, sizes.resident_samples)) {
  StepState first;
  begin_step({.state = &first, .optimizer = kAdam});
  LENET_CHECK(cudaMemcpyAsync(state_, &first, sizeof first, cudaMemcpyHostToDevice, stream_.get()));
  add_for_elements<float>();
  add_for_elements<bf16>();
  add_updates();
  add_fused();
  add_small();
  LENET_CHECK(cudaStreamSynchronize(stream_.get()));
}

template <class T>
void KernelCases::add_for_elements() {
  add_input<T>();
  add_conv_relu_pool<T>();
  add_second_layers<T>();
  add_dense<T>();
  add_head<T>();
}

template <class T, class Value>
T* KernelCases::filled(std::int64_t count, const Value& value) {
  std::vector<T> host(static_cast<std::size_t>(count));
  RandomSequence random(next_seed_++, RandomStream::initial_weights, 0);
  for (T& element : host) element = value(random);
  const std::size_t bytes = host.size() * sizeof(T);
  buffers_.push_back(memory_.allocate("kernels", bytes));
  LENET_CHECK(
      cudaMemcpyAsync(buffers_.back().data(), host.data(), bytes, cudaMemcpyHostToDevice, stream_.get()));
  LENET_CHECK(cudaStreamSynchronize(stream_.get()));
  return buffers_.back().as<T>();
}

template <class T>
T* KernelCases::values(std::int64_t count) {
  return filled<T>(count, [](RandomSequence& random) { return element_of<T>(random.uniform(-1, 1)); });
}

std::uint8_t* KernelCases::bytes_below(std::uint32_t bound, std::int64_t count) {
  return filled<std::uint8_t>(
      count, [=](RandomSequence& random) { return static_cast<std::uint8_t>(random.below(bound)); });
}

void* KernelCases::zeroed(std::size_t bytes) {
  buffers_.push_back(memory_.allocate_zeroed("kernels", bytes));
  return buffers_.back().data();
}

template <class T>
void KernelCases::add_input() {
  const std::int64_t count = sizes_.batch;
  PrepareBatchArgs<T> args{.pixels = resident_pixels_,
                           .labels = resident_labels_,
                           .images = values<T>(count * kPixels),
                           .batch_labels = bytes_below(kClasses, count),
                           .count = count,
                           .features = kPixels,
                           .begin = {.state = state_, .optimizer = kAdam}};
  const std::int64_t bytes = count * (kPixels * (1 + kSize<T>)+2);
  cases_.push_back({"prepare_batch", "a batch as it came", kElements<T>, bytes, 0,
                    [args](cudaStream_t stream) { return launch_prepare_batch<T>(args, stream); }});
  const auto samples = static_cast<std::uint32_t>(sizes_.resident_samples);
  args.sample_index =
      filled<std::uint32_t>(count, [=](RandomSequence& random) { return random.below(samples); });
  cases_.push_back({"prepare_batch", "gathered on the device", kElements<T>, bytes + 4 * count, 0,
                    [args](cudaStream_t stream) { return launch_prepare_batch<T>(args, stream); }});
}

template <class T>
void KernelCases::add_conv_relu_pool() {
  ConvReluPoolShape shape = kConv1;
  shape.samples = sizes_.batch;
  const std::int64_t pooled = shape.samples * shape.filters * shape.pooled_height() * shape.pooled_width();
  const std::int64_t images = shape.samples * kPixels;
  const ConvReluPoolArgs<T> forward{.images = values<T>(images),
                                    .weights = values<float>(kConv1Weights),
                                    .bias = values<float>(shape.filters),
                                    .output = values<T>(pooled),
                                    .argmax = bytes_below(4, pooled),
                                    .shape = shape};
  const std::int64_t bytes = images * kSize<T> + pooled * (kSize<T> + 1) + kConv1Weights * kSize<float>;
  cases_.push_back({"conv_relu_pool", "conv1, pool1", kElements<T>, bytes, 4 * pooled * 50,
                    [forward](cudaStream_t stream) { return launch_conv_relu_pool<T>(forward, stream); }});

  const ConvReluPoolBackwardArgs<T> backward{
      .images = forward.images,
      .gradient = values<T>(pooled),
      .output = values<T>(pooled),
      .argmax = bytes_below(4, pooled),
      .weight_gradient = values<float>(kConv1Weights),
      .bias_gradient = values<float>(shape.filters),
      .shape = shape,
      .workspace = static_cast<float*>(zeroed(conv_relu_pool_workspace_bytes(shape)))};
  cases_.push_back(
      {"conv_relu_pool_backward", "conv1, pool1", kElements<T>, bytes + pooled * kSize<T>, pooled * 50,
       [backward](cudaStream_t stream) { return launch_conv_relu_pool_backward<T>(backward, stream); }});
}

template <class T>
void KernelCases::add_second_layers() {
  PoolShape shape = kPool2;
  shape.samples = sizes_.batch;
  const std::int64_t count = shape.samples * shape.channels * shape.height * shape.width;
  const std::int64_t pooled = count / 4;
  const MaxPoolArgs<T> forward{.input = values<T>(count),
                               .output = values<T>(pooled),
                               .argmax = bytes_below(4, pooled),
                               .shape = shape};
  cases_.push_back({"max_pool", "pool2", kElements<T>, count * kSize<T> + pooled * (kSize<T> + 1), 0,
                    [forward](cudaStream_t stream) { return launch_max_pool<T>(forward, stream); }});

  const MaxPoolBackwardArgs<T> backward{
      .gradient = values<T>(pooled),
      .argmax = bytes_below(4, pooled),
      .output = values<T>(pooled),
      .input_gradient = values<T>(count),
      .bias_gradient = values<float>(shape.channels),
      .shape = shape,
      .workspace = zeroed(column_sum_workspace_bytes(shape.samples, shape.channels,
                                                     shape.height * shape.width / 4, shape.layout))};
  cases_.push_back({"max_pool_backward", "pool2, conv2's ReLU and bias", kElements<T>,
                    count * kSize<T> + pooled * (2 * kSize<T> + 1), 0, [backward](cudaStream_t stream) {
                      return launch_max_pool_backward<T>(backward, stream);
                    }});

  const ReluArgs<T> relu{.input = forward.input, .output = values<T>(count), .count = count};
  cases_.push_back({"relu", "conv2, if not fused", kElements<T>, 2 * count * kSize<T>, 0,
                    [relu](cudaStream_t stream) { return launch_relu<T>(relu, stream); }});
  const ReluBackwardArgs<T> relu_backward{.gradient = backward.input_gradient,
                                          .output = forward.input,
                                          .input_gradient = relu.output,
                                          .count = count};
  cases_.push_back(
      {"relu_backward", "conv2, if not fused", kElements<T>, 3 * count * kSize<T>, 0,
       [relu_backward](cudaStream_t stream) { return launch_relu_backward<T>(relu_backward, stream); }});
}

template <class T>
void KernelCases::add_dense() {
  const std::int64_t count = sizes_.batch * kFc1Units;
  const DropoutArgs<T> dropout{.input = values<T>(count),
                               .output = values<T>(count),
                               .count = count,
                               .seed = 1,
                               .rate = 0.5f,
                               .state = state_};
  cases_.push_back({"dropout", "fc1", kElements<T>, 2 * count * kSize<T>, 0,
                    [dropout](cudaStream_t stream) { return launch_dropout<T>(dropout, stream); }});

  const BiasGradientArgs<T> bias{
      .gradient = values<T>(count),
      .output = values<T>(count),
      .scale = 2,
      .masked = values<T>(count),
      .bias_gradient = values<float>(kFc1Units),
      .samples = sizes_.batch,
      .channels = kFc1Units,
      .workspace = zeroed(column_sum_workspace_bytes(sizes_.batch, kFc1Units, 1, Layout::channels_last))};
  cases_.push_back({"bias_gradient", "fc1, with ReLU and dropout", kElements<T>,
                    3 * count * kSize<T> + kFc1Units * kSize<float>, 0,
                    [bias](cudaStream_t stream) { return launch_bias_gradient<T>(bias, stream); }});

  const std::int64_t logits = sizes_.batch * kClasses;
  const SoftmaxCrossEntropyArgs<T> loss{.logits = values<float>(logits),
                                        .labels = bytes_below(kClasses, sizes_.batch),
                                        .count = sizes_.batch,
                                        .classes = kClasses,
                                        .metrics = static_cast<DeviceMetrics*>(zeroed(sizeof(DeviceMetrics))),
                                        .gradient = values<T>(logits),
                                        .bias_gradient = values<float>(kClasses),
                                        .state = state_};
  cases_.push_back({"softmax_cross_entropy", "loss and its gradient", kElements<T>,
                    logits * (kSize<float> + kSize<T>)+sizes_.batch, 0,
                    [loss](cudaStream_t stream) { return launch_softmax_cross_entropy<T>(loss, stream); }});
}

template <class T>
void KernelCases::add_head() {
  const std::int64_t hidden = sizes_.batch * kFc1Units, weights = kClasses * kFc1Units;
  HeadArgs<T> head{.hidden = values<T>(hidden),
                   .weights = values<T>(weights),
                   .bias = values<float>(kClasses),
                   .labels = bytes_below(kClasses, sizes_.batch),
                   .count = sizes_.batch,
                   .units = kFc1Units,
                   .classes = kClasses,
                   .relu = true,
                   .rate = 0.5f,
                   .seed = 1,
                   .logit_gradient = values<T>(sizes_.batch * kClasses),
                   .weight_gradient = values<float>(weights),
                   .bias_gradient = values<float>(kClasses),
                   .hidden_gradient = values<T>(hidden),
                   .hidden_bias_gradient = values<float>(kFc1Units),
                   .metrics = static_cast<DeviceMetrics*>(zeroed(sizeof(DeviceMetrics))),
                   .state = state_,
                   .workspace = zeroed(head_workspace_bytes(sizes_.batch))};
  const cudaError_t sized = size_head_grid(head);
  if (sized == cudaErrorNotSupported) return;
  LENET_CHECK(sized);
  cases_.push_back({"head", "from fc1's ReLU to its bias gradient", kElements<T>,
                    3 * hidden * kSize<T> + weights * (kSize<T> + kSize<float>), 6 * hidden * kClasses,
                    [head](cudaStream_t stream) { return launch_head<T>(head, stream); }});
}

void KernelCases::add_fused() {
  const auto batch = static_cast<std::int32_t>(sizes_.batch);
  add_fused_steps("MLP",
                  {.pixels = kPixels, .units = 512, .classes = kClasses, .batch = batch, .adam = true});
  add_fused_steps("regressor", {.pixels = kPixels, .classes = kClasses, .batch = batch});
}

void KernelCases::add_fused_steps(const std::string& model, const FusedNetwork& network) {
  FusedLimits limits;
  LENET_CHECK(fused_limits(limits));
  const std::optional<FusedGrid> grid = fused_grid(network, limits);
  if (!grid || prepare_fused_steps(network, *grid) != cudaSuccess) return;  // too small a device
  FusedStepsArgs args{.network = network,
                      .grid = *grid,
                      .pixels = resident_pixels_,
                      .labels = resident_labels_,
                      .samples = kFusedSteps * network.batch,
                      .optimizer = kAdam,
                      .seed = 1,
                      .state = static_cast<StepState*>(zeroed(sizeof(StepState))),
                      .metrics = static_cast<DeviceMetrics*>(zeroed(sizeof(DeviceMetrics))),
                      .workspace = zeroed(fused_workspace_bytes(network))};
  const auto samples = static_cast<std::uint32_t>(sizes_.resident_samples);
  args.order =
      filled<std::uint32_t>(args.samples, [=](RandomSequence& random) { return random.below(samples); });
  const std::int64_t counts[] = {std::int64_t{network.units} * network.pixels, network.units,
                                 std::int64_t{network.classes} * network.inputs(), network.classes};
  std::int64_t parameters = 0;
  for (int i = 0; i < kFusedParameters; ++i) {
    args.offsets[i] = parameters;
    parameters += counts[i];
  }
  args.weights = values<float>(parameters);
  args.gradients = values<float>(parameters);
  if (network.adam)
    for (float*& moment : args.moments)
      moment = static_cast<float*>(zeroed(sizeof(float) * static_cast<std::size_t>(parameters)));
  cases_.push_back({"fused_steps", model + ", " + std::to_string(kFusedSteps) + " whole steps", "float32",
                    args.samples * (kPixels + 5) + parameters * (network.adam ? 28 : 12),
                    4 * args.samples * (counts[kHiddenWeight] + counts[kLastWeight]),
                    [args](cudaStream_t stream) { return launch_fused_steps(args, stream); }});
}

void KernelCases::add_updates() {
  const std::int64_t count = sizes_.parameters;
  AdamArgs adam{.weights = values<float>(count),
                .gradients = values<float>(count),
                .moment1 = values<float>(count),
                // A second moment is a mean of squares.
                .moment2 = filled<float>(count, [](RandomSequence& random) { return random.uniform(); }),
                .count = count,
                .state = state_};
  SgdArgs sgd{.weights = adam.weights, .gradients = adam.gradients, .count = count, .state = state_};
  const auto add = [&](const char* elements, std::int64_t copy_bytes) {
    cases_.push_back({"adam", "all weights", elements, (28 + copy_bytes) * count, 0,
                      [adam](cudaStream_t stream) { return launch_adam(adam, stream); }});
    cases_.push_back({"sgd", "all weights", elements, (12 + copy_bytes) * count, 0,
                      [sgd](cudaStream_t stream) { return launch_sgd(sgd, stream); }});
  };
  add("float32", 0);
  adam.weights_bf16 = sgd.weights_bf16 = values<bf16>(count);
  add("bf16", kSize<bf16>);

  const ConvertArgs convert{.from = adam.weights, .to = adam.weights_bf16, .count = count};
  cases_.push_back({"convert", "all weights", "bf16", 6 * count, 0,
                    [convert](cudaStream_t stream) { return launch_convert(convert, stream); }});
}

void KernelCases::add_small() {
  const std::int64_t logits = sizes_.batch * kClasses;
  const WidenArgs widen{.from = values<bf16>(logits), .to = values<float>(logits), .count = logits};
  const BatchPositionArgs position{.state = state_,
                                   .samples = sizes_.resident_samples,
                                   .batch = sizes_.batch,
                                   .position = static_cast<std::int64_t*>(zeroed(sizeof(std::int64_t)))};
  cases_.push_back({"batch_position", "once per launch of several steps", "none", 16, 0,
                    [position](cudaStream_t stream) { return launch_batch_position(position, stream); }});
  cases_.push_back({"widen", "logits", "bf16", 6 * logits, 0,
                    [widen](cudaStream_t stream) { return launch_widen(widen, stream); }});
}

}  // namespace lenet::bench
