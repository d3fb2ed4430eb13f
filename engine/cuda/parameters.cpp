#include "engine/cuda/parameters.hpp"

#include "engine/core/rounding.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/launch_adam.hpp"
#include "kernels/launch_convert.hpp"
#include "kernels/launch_sgd.hpp"

namespace lenet::cuda {
namespace {

constexpr std::int64_t kAlignment = 128;  // elements: 256 bytes in bf16, which cuBLAS expects

std::int64_t aligned(std::int64_t count) { return round_up(count, kAlignment); }

/// Returns the layout of a row of weights: those that one output sums over.
MemoryLayout layout_of_row(const Parameter& parameter, kernels::Layout layout,
                           const std::vector<MemoryLayout>& layouts) {
  if (parameter.shape.rank() == 1) return {};
  if (parameter.shape.rank() == 2) return layouts[static_cast<std::size_t>(parameter.layer)];
  if (layout == kernels::Layout::channels_first)
    return {.channels = 1, .pixels = parameter.count() / parameter.shape[0]};
  return {.channels = parameter.shape[1], .pixels = parameter.shape[2] * parameter.shape[3]};
}

kernels::OptimizerHyper hyper_of(const Sgd& sgd) { return {.learning_rate = sgd.learning_rate}; }

kernels::OptimizerHyper hyper_of(const Adam& adam) {
  return {
      .learning_rate = adam.learning_rate, .beta1 = adam.beta1, .beta2 = adam.beta2, .epsilon = adam.epsilon};
}

/// A range of the arrays of parameters, in device memory.
struct Arrays {
  const std::vector<DeviceBuffer>& arrays;
  std::int64_t first, count;
  kernels::bf16* weights_bf16;
  std::int64_t* first_nonfinite_step;

  float* operator[](std::size_t array) const { return arrays[array].as<float>() + first; }
};

cudaError_t launch(const Sgd&, const Arrays& arrays, const kernels::StepState* state, cudaStream_t stream) {
  return kernels::launch_sgd({.weights = arrays[Parameters::kWeights],
                              .gradients = arrays[Parameters::kGradients],
                              .count = arrays.count,
                              .state = state,
                              .weights_bf16 = arrays.weights_bf16,
                              .first_nonfinite_step = arrays.first_nonfinite_step},
                             stream);
}

cudaError_t launch(const Adam&, const Arrays& arrays, const kernels::StepState* state, cudaStream_t stream) {
  return kernels::launch_adam({.weights = arrays[Parameters::kWeights],
                               .gradients = arrays[Parameters::kGradients],
                               .moment1 = arrays[Parameters::moment(0)],
                               .moment2 = arrays[Parameters::moment(1)],
                               .count = arrays.count,
                               .state = state,
                               .weights_bf16 = arrays.weights_bf16,
                               .first_nonfinite_step = arrays.first_nonfinite_step},
                              stream);
}

}  // namespace

Parameters::Parameters(const Graph& graph, kernels::Layout layout, const CompileOptions& options,
                       cudaStream_t stream, DeviceMemory& memory)
    : stream_(stream), canonical_count_(graph.parameter_count()) {
  if (options.training) optimizer_ = options.training->optimizer;
  const std::vector<MemoryLayout> layouts = memory_layouts(graph, layout);
  for (const Parameter& parameter : graph.parameters()) {
    const MemoryLayout row = layout_of_row(parameter, layout, layouts);
    entries_.push_back({.offset = count_,
                        .canonical_offset = parameter.offset,
                        .count = parameter.count(),
                        .rows = parameter.count() / (row.channels * row.pixels),
                        .layout = row});
    count_ += aligned(parameter.count());
  }
  const std::size_t bytes = static_cast<std::size_t>(count_) * sizeof(float);
  for (std::size_t i = 0; i < count(options); ++i) {
    const char* const purpose = i == kWeights ? "weights" : i == kGradients ? "gradients" : "moments";
    arrays_.push_back(memory.allocate_zeroed(purpose, bytes));
  }
  if (dtype_of(options.precision) == DType::bf16) rounded_ = memory.allocate_zeroed("weights", bytes / 2);
  if (count_ > 0) staging_ = PinnedBuffer(bytes);
}

const void* Parameters::elements(int parameter) const {
  if (!rounded_.data()) return at(kWeights, parameter);
  return rounded_.as<kernels::bf16>() + entries_[static_cast<std::size_t>(parameter)].offset;
}

template <class Visit>
void Parameters::for_each_element(const Entry& entry, const Visit& visit) {
  const std::int64_t channels = entry.layout.channels, pixels = entry.layout.pixels;
  for (std::int64_t row = 0; row < entry.rows; ++row)
    for (std::int64_t channel = 0; channel < channels; ++channel)
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
        const std::int64_t begin = row * channels * pixels;
        visit(static_cast<std::size_t>(entry.offset + begin + pixel * channels + channel),
              static_cast<std::size_t>(entry.canonical_offset + begin + channel * pixels + pixel));
      }
}

void Parameters::import_array(std::size_t array, std::span<const float> canonical) {
  if (count_ == 0) return;
  for_each_element([&](std::size_t here, std::size_t there) { staged()[here] = canonical[there]; });
  LENET_CHECK(cudaMemcpyAsync(arrays_[array].data(), staged(),
                              static_cast<std::size_t>(count_) * sizeof(float), cudaMemcpyHostToDevice,
                              stream_));
  if (array == kWeights) round_weights();
  LENET_CHECK(cudaStreamSynchronize(stream_));
}

std::vector<float> Parameters::export_array(std::size_t array) const {
  std::vector<float> canonical(static_cast<std::size_t>(canonical_count_));
  if (count_ == 0) return canonical;
  LENET_CHECK(cudaMemcpyAsync(staged(), arrays_[array].data(),
                              static_cast<std::size_t>(count_) * sizeof(float), cudaMemcpyDeviceToHost,
                              stream_));
  LENET_CHECK(cudaStreamSynchronize(stream_));
  for_each_element([&](std::size_t here, std::size_t there) { canonical[there] = staged()[here]; });
  return canonical;
}

std::vector<float> Parameters::export_parameter(std::size_t array, int parameter) const {
  const Entry& entry = entries_[static_cast<std::size_t>(parameter)];
  std::vector<float> canonical(static_cast<std::size_t>(entry.count));
  float* const part = staged() + entry.offset;
  LENET_CHECK(cudaMemcpyAsync(part, at(array, parameter), canonical.size() * sizeof(float),
                              cudaMemcpyDeviceToHost, stream_));
  LENET_CHECK(cudaStreamSynchronize(stream_));
  for_each_element(entry, [&](std::size_t here, std::size_t there) {
    canonical[there - static_cast<std::size_t>(entry.canonical_offset)] = staged()[here];
  });
  return canonical;
}

void Parameters::round_weights() const {
  if (!rounded_.data()) return;
  LENET_CHECK(kernels::launch_convert(
      {.from = arrays_[kWeights].as<float>(), .to = rounded_.as<kernels::bf16>(), .count = count_}, stream_));
}

kernels::OptimizerHyper Parameters::hyper() const {
  return std::visit([](const auto& kind) { return hyper_of(kind); }, optimizer_.value());
}

void Parameters::update(const Range& range, const kernels::StepState* state,
                        std::int64_t* first_nonfinite_step, cudaStream_t stream) const {
  if (range.begin == range.end) return;
  const Arrays arrays{.arrays = arrays_,
                      .first = range.begin,
                      .count = range.end - range.begin,
                      .weights_bf16 = rounded_.data() ? rounded_.as<kernels::bf16>() + range.begin : nullptr,
                      .first_nonfinite_step = first_nonfinite_step};
  std::visit([&](const auto& kind) { LENET_CHECK(launch(kind, arrays, state, stream)); }, optimizer_.value());
}

}  // namespace lenet::cuda
