#pragma once

#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <optional>

#include "engine/core/host_device.hpp"
#include "kernels/metrics.hpp"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// A network that launch_fused_steps() trains: pixels, one hidden dense layer with ReLU or none, the last
/// dense layer, softmax cross-entropy. Everything is float32.
struct FusedNetwork {
  std::int32_t pixels = 0;  ///< per image
  std::int32_t units = 0;   ///< of the hidden layer; 0: none
  std::int32_t classes = 0;
  std::int32_t batch = 0;  ///< images per step
  bool adam = false;       ///< Adam, or SGD

  /// Values that the last layer multiplies.
  LENET_HOST_DEVICE std::int32_t inputs() const { return units > 0 ? units : pixels; }
};

/// What a device offers to one block, and how many blocks it runs at once.
struct FusedLimits {
  int blocks = 0;                ///< one per multiprocessor
  std::size_t shared_bytes = 0;  ///< per block
};

/// Distribution of the network over the blocks of a device. Each block owns `share` inputs of the last layer.
struct FusedGrid {
  unsigned blocks = 0, threads = 0;
  std::int32_t share = 0;
  std::int32_t image_buffers = 0;  ///< 2: the next step's images travel while this step computes
  std::size_t shared_bytes = 0;    ///< per block
};

/// The parameters of the network, in this order. Without a hidden layer, only the last two.
enum FusedParameter { kHiddenWeight, kHiddenBias, kLastWeight, kLastBias, kFusedParameters };

/// Steps of training on samples that are on the device.
struct FusedStepsArgs {
  FusedNetwork network;
  FusedGrid grid;
  const std::uint8_t* pixels = nullptr;  ///< of the whole data set
  const std::uint8_t* labels = nullptr;
  const std::uint32_t* order = nullptr;  ///< samples of these steps; the last step may have fewer than others
  std::int64_t samples = 0;              ///< in `order`
  float* weights = nullptr;              ///< flat arrays of all parameters, with the same offsets
  float* gradients = nullptr;            ///< receives those of the last of these steps
  float* moments[2] = {};                ///< null for SGD
  std::int64_t offsets[kFusedParameters] = {};
  OptimizerHyper optimizer;
  std::uint64_t seed = 0;
  std::uint32_t dropout_layer = 0;  ///< index in its graph of the dropout behind the hidden layer
  float dropout_rate = 0;           ///< 0: none
  std::int64_t first_step = 0;      ///< counts over the whole run
  StepState* state = nullptr;       ///< receives the last of these steps
  DeviceMetrics* metrics = nullptr;
  /// fused_workspace_bytes() bytes, all zero before the first launch. Each launch leaves them zero.
  void* workspace = nullptr;
};

/// Limits that do not depend on the device. Each sample of a batch has a thread of a block.
inline constexpr std::int32_t kMaxFusedBatch = 512;
inline constexpr std::int32_t kMaxFusedClasses = 32;

/// Spreads a network over a device; nullopt if it does not fit.
std::optional<FusedGrid> fused_grid(const FusedNetwork& network, const FusedLimits& limits,
                                    unsigned threads = 512);

std::size_t fused_workspace_bytes(const FusedNetwork& network);

/// Returns the limits of the current device; `blocks` is 0 if it has no cooperative launches.
[[nodiscard]] cudaError_t fused_limits(FusedLimits& limits);

/// Allows the kernel the grid's shared memory. Returns cudaErrorCooperativeLaunchTooLarge if the device
/// cannot run all blocks at once. Call it before the first launch.
[[nodiscard]] cudaError_t prepare_fused_steps(const FusedNetwork& network, const FusedGrid& grid);

/// Trains on ⌈samples / batch⌉ batches in one cooperative kernel.
///
/// Each block keeps its share of the hidden units in shared memory, with all their weights and moments, for
/// as long as the kernel runs (without a hidden layer: its share of the pixels, with their weights). In a
/// step it computes its units' values for the whole batch and adds what they contribute to the logits to sums
/// in device memory. After a barrier of the grid, every block reads all logits and computes the loss and its
/// gradient by itself, then the gradients of its own weights, and updates them. So there is one barrier per
/// step, and no gradient of a hidden weight ever leaves its multiprocessor.
///
/// The sums of the logits are integers, multiples of 2^-30: adding integers gives the same bits in any order,
/// so that blocks add by atomics, and each reads 4 bytes × batch × classes × 2 instead of the partial sums of
/// all blocks (33 MB per step for the MLP, at least 5 µs of an H100's L2). A block's part of a logit must be
/// below 2^24; if one is not, or is not finite, the step's logits are NaN, and the run stops there.
///
/// Estimate for the MLP (784, 512, 10, batch 50) on an H100.
/// Shared memory: 128 blocks have 4 units each. Weights and moments take 38 KB, two buffers of images 78 KB,
/// partial sums and values 12 KB, of 227 KB. With one buffer, 87 KB fit the 99 KB of GPUs with compute
/// capability 8.6, 8.9 and 12.0, if they have 128 multiprocessors. With fewer, a block has more units, 9.4 KB
/// each: an A100 (108, 163 KB) takes 5; a T4 (40, 64 KB) would need 13 and is refused.
/// L2: 39 KB of pixels per block are 5 MB per step, 1 µs, while the step before computes. 64,000 atomic
/// additions take 0.3 µs.
/// Arithmetic: a block computes 157,000 products forward and as many backward, 0.7 µs each at 128 per cycle;
/// with loads and the conversion of pixels (2 instructions for 4 products) 1.6 and 1.3 µs. Adam takes 0.9 µs.
/// The rest: the barrier 1.3 µs, logits from L2 0.5, softmax 0.3, small gradients and block barriers 0.8.
/// The sum is 6 to 7 µs per step, where 11 launches take 31. The regressor (25 blocks of 32 pixels, batch
/// 100) takes about 3: barrier 1.3, logits 0.5, softmax 0.3, the rest 1.
///
/// Nothing of this has been measured on a GPU. The next gains would be tensor cores (pixels are exact in
/// bf16, weights as a sum of two bf16 numbers) and a cluster's distributed shared memory in place of the
/// atomics.
[[nodiscard]] cudaError_t launch_fused_steps(const FusedStepsArgs& args, cudaStream_t stream);

}  // namespace lenet::kernels
