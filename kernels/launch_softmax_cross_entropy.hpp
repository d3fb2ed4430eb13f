#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"
#include "kernels/metrics.hpp"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// Softmax cross-entropy of a batch (see softmax_cross_entropy.hpp): adds the loss, the correct predictions
/// and the samples to the metrics, and computes the gradient of the mean loss. T, the gradient's type, is
/// float or bf16.
template <typename T>
struct SoftmaxCrossEntropyArgs {
  const float* logits = nullptr;         ///< count × classes
  const std::uint8_t* labels = nullptr;  ///< count, each below `classes`
  std::int64_t count = 0;
  std::int32_t classes = 0;
  DeviceMetrics* metrics = nullptr;
  T* gradient = nullptr;             ///< count × classes; null: evaluation
  float* bias_gradient = nullptr;    ///< classes: the column sums of `gradient`; may be null
  const StepState* state = nullptr;  ///< the step to record if the loss is not finite; null: do not record
  unsigned* confusion = nullptr;     ///< classes × classes, [label][prediction]: counts rows; may be null
};

/// One block, whatever the count: sums are in a fixed order, and ten thousand rows of ten logits still take
/// microseconds.
template <typename T>
[[nodiscard]] cudaError_t launch_softmax_cross_entropy(const SoftmaxCrossEntropyArgs<T>& args,
                                                       cudaStream_t stream);

}  // namespace lenet::kernels
