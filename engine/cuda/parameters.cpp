#include "engine/cuda/parameters.hpp"

#include "engine/cuda/runtime/check.hpp"
#include "kernels/adam.cuh"
#include "kernels/convert.cuh"
#include "kernels/sgd.cuh"

namespace lenet::cuda {
namespace {

constexpr std::int64_t kAlignment = 128;  // elements: 256 bytes in bf16, what cuBLAS takes for granted

std::int64_t aligned(std::int64_t count) { return (count + kAlignment - 1) / kAlignment * kAlignment; }

/// How a row of the weights, all that one output multiplies, lies in memory.
ElementOrder order_of_row(const Parameter& parameter, kernels::Layout layout,
                          const std::vector<ElementOrder>& orders) {
  if (parameter.is_bias) return {};
  if (parameter.shape.rank() != 4) return orders[static_cast<std::size_t>(parameter.layer)];
  if (layout == kernels::Layout::channels_first)
    return {.channels = 1, .pixels = parameter.count() / parameter.shape[0]};
  return {.channels = parameter.shape[1], .pixels = parameter.shape[2] * parameter.shape[3]};
}

}  // namespace

Parameters::Parameters(const Graph& graph, kernels::Layout layout, const Optimizer& optimizer,
                       Element element, cudaStream_t stream, DeviceMemory& memory)
    : optimizer_(optimizer), stream_(stream), canonical_count_(graph.parameter_count()) {
  const std::vector<ElementOrder> orders = element_orders(graph, layout);
  for (const Parameter& parameter : graph.parameters()) {
    const ElementOrder order = order_of_row(parameter, layout, orders);
    entries_.push_back({.offset = count_,
                        .canonical_offset = parameter.offset,
                        .rows = parameter.count() / (order.channels * order.pixels),
                        .order = order});
    count_ += aligned(parameter.count());
  }
  const std::size_t bytes = static_cast<std::size_t>(count_) * sizeof(float);
  arrays_[weights] = memory.allocate_zeroed("weights", bytes);
  arrays_[gradients] = memory.allocate_zeroed("gradients", bytes);
  if (moments() > 0) {
    arrays_[moment1] = memory.allocate_zeroed("moments", bytes);
    arrays_[moment2] = memory.allocate_zeroed("moments", bytes);
  }
  if (element == Element::bf16) rounded_ = memory.allocate_zeroed("weights", bytes / 2);
  if (count_ > 0) staging_ = PinnedBuffer(bytes);
}

const void* Parameters::elements(int parameter) const {
  if (!rounded_.data()) return at(weights, parameter);
  return rounded_.as<kernels::bf16>() + entries_[static_cast<std::size_t>(parameter)].offset;
}

template <class Visit>
void Parameters::for_each_element(const Visit& visit) const {
  for (const Entry& entry : entries_) {
    const std::int64_t channels = entry.order.channels, pixels = entry.order.pixels;
    for (std::int64_t row = 0; row < entry.rows; ++row)
      for (std::int64_t channel = 0; channel < channels; ++channel)
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
          const std::int64_t begin = row * channels * pixels;
          visit(static_cast<std::size_t>(entry.offset + begin + pixel * channels + channel),
                static_cast<std::size_t>(entry.canonical_offset + begin + channel * pixels + pixel));
        }
  }
}

void Parameters::import_array(Array array, std::span<const float> canonical) {
  if (count_ == 0) return;
  for_each_element([&](std::size_t here, std::size_t there) { staged()[here] = canonical[there]; });
  LENET_CHECK(cudaMemcpyAsync(arrays_[array].data(), staged(),
                              static_cast<std::size_t>(count_) * sizeof(float), cudaMemcpyHostToDevice,
                              stream_));
  if (array == weights) round_weights();
  LENET_CHECK(cudaStreamSynchronize(stream_));
}

std::vector<float> Parameters::export_array(Array array) const {
  std::vector<float> canonical(static_cast<std::size_t>(canonical_count_));
  if (count_ == 0) return canonical;
  LENET_CHECK(cudaMemcpyAsync(staged(), arrays_[array].data(),
                              static_cast<std::size_t>(count_) * sizeof(float), cudaMemcpyDeviceToHost,
                              stream_));
  LENET_CHECK(cudaStreamSynchronize(stream_));
  for_each_element([&](std::size_t here, std::size_t there) { canonical[there] = staged()[here]; });
  return canonical;
}

void Parameters::round_weights() const {
  if (!rounded_.data()) return;
  LENET_CHECK(kernels::launch_convert(
      {.from = arrays_[weights].as<float>(), .to = rounded_.as<kernels::bf16>(), .count = count_}, stream_));
}

void Parameters::update(const kernels::StepState* state) const {
  if (count_ == 0) return;
  auto* const w = arrays_[weights].as<float>();
  const auto* const g = arrays_[gradients].as<float>();
  auto* const rounded = rounded_.as<kernels::bf16>();
  if (const auto* sgd = std::get_if<Sgd>(&optimizer_)) {
    LENET_CHECK(kernels::launch_sgd({.weights = w,
                                     .gradients = g,
                                     .count = count_,
                                     .learning_rate = sgd->learning_rate,
                                     .weights_bf16 = rounded},
                                    stream_));
  } else {
    LENET_CHECK(kernels::launch_adam({.weights = w,
                                      .gradients = g,
                                      .moment1 = arrays_[moment1].as<float>(),
                                      .moment2 = arrays_[moment2].as<float>(),
                                      .count = count_,
                                      .state = state,
                                      .weights_bf16 = rounded},
                                     stream_));
  }
}

}  // namespace lenet::cuda
