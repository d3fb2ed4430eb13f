#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// Gathers and normalises a batch on the device: images[i] = pixels / 255, batch_labels[i] = label. T is
/// float or bf16.
template <typename T>
struct PrepareBatchArgs {
  const std::uint8_t* pixels = nullptr;         ///< samples × features: this batch, or the whole data set
  const std::uint8_t* labels = nullptr;         ///< one per sample; may be null
  const std::uint32_t* sample_index = nullptr;  ///< sample of each image; null: 0, 1, 2, …
  const std::int64_t* position = nullptr;       ///< in device memory: where sample_index begins; null: 0
  T* images = nullptr;                          ///< count × features
  std::uint8_t* batch_labels = nullptr;         ///< count; may be null
  std::int64_t count = 0;
  std::int64_t features = 0;
  /// Above 1: `pixels` are channels × rows × columns, and images become rows × columns × channels.
  std::int64_t channels = 1;
  BeginStepArgs begin = {};  ///< with a state, the kernel also begins the step
};

/// Moves 5 bytes per pixel (3 for bf16); small batches cost no more than the launch.
template <typename T>
[[nodiscard]] cudaError_t launch_prepare_batch(const PrepareBatchArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
