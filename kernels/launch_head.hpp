#pragma once

#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"
#include "kernels/metrics.hpp"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// Most classes that launch_head() takes.
inline constexpr std::int32_t kMaxHeadClasses = 32;

/// The end of a training step in one kernel: dropout of the hidden values, the last dense layer, its softmax
/// cross-entropy, and all gradients down to the hidden layer's result. It stands for six launches: dropout,
/// three products, softmax_cross_entropy and bias_gradient. T is float or bf16, the type of values and
/// gradients.
template <typename T>
struct HeadArgs {
  T* hidden = nullptr;                   ///< count × units; dropout writes its result here
  const T* weights = nullptr;            ///< classes × units
  const float* bias = nullptr;           ///< classes
  const std::uint8_t* labels = nullptr;  ///< count, each below `classes`
  std::int64_t count = 0;
  std::int32_t units = 0;
  std::int32_t classes = 0;  ///< at most kMaxHeadClasses
  /// The hidden values are a ReLU's result: their gradient is masked.
  bool relu = false;
  float rate = 0;           ///< of the dropout behind that ReLU; 0: none
  std::uint32_t layer = 0;  ///< index of the dropout layer in its graph
  std::uint64_t seed = 0;
  T* logit_gradient = nullptr;            ///< count × classes
  float* weight_gradient = nullptr;       ///< classes × units
  float* bias_gradient = nullptr;         ///< classes
  T* hidden_gradient = nullptr;           ///< count × units; may be null
  float* hidden_bias_gradient = nullptr;  ///< units: column sums of `hidden_gradient`; may be null
  DeviceMetrics* metrics = nullptr;
  const StepState* state = nullptr;  ///< of the running step: keys dropout
  void* workspace = nullptr;         ///< of head_workspace_bytes()
  unsigned blocks = 0;               ///< see size_head_grid()
};

std::size_t head_workspace_bytes(std::int64_t count);

/// Sets the number of blocks for the current device, all of which must be on it at once. Returns
/// cudaErrorNotSupported if it has no cooperative launches.
template <typename T>
[[nodiscard]] cudaError_t size_head_grid(HeadArgs<T>& args);

/// First each block takes a sample: logits, loss, their gradient. After a barrier of the grid each takes 32
/// hidden units with all samples, so that no sum crosses blocks and equal inputs give equal bits.
///
/// For the CNN, batch 50, float32, it reads the hidden values twice (400 KB) and writes their gradient (200
/// KB), and each of 50 blocks reads the 40 KB of weights from L2. By estimate on an H100: 1.5 µs for the
/// samples, 1.3 for the barrier, 1.5 for the units, where six launches in a captured step take 15 to 17. Not
/// measured.
template <typename T>
[[nodiscard]] cudaError_t launch_head(const HeadArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
