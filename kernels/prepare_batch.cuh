#pragma once

#include "kernels/launch.cuh"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// Makes a batch ready on the device: images[i] = pixels / 255, batch_labels[i] = label. T is float or bf16.
template <typename T>
struct PrepareBatchArgs {
  const std::uint8_t* pixels = nullptr;         ///< samples × features: of this batch, or the whole data set
  const std::uint8_t* labels = nullptr;         ///< one a sample; may be null
  const std::uint32_t* sample_index = nullptr;  ///< which sample each image is; null: 0, 1, 2, …
  T* images = nullptr;                          ///< count × features
  std::uint8_t* batch_labels = nullptr;         ///< count; may be null
  std::int64_t count = 0;
  std::int64_t features = 0;
  /// Above 1: `pixels` are channels × rows × columns, and images become rows × columns × channels.
  std::int64_t channels = 1;
  BeginStepArgs begin = {};  ///< unless its state is null, this kernel begins the step as well
};

/// Moves 5 bytes a pixel (3 for bf16), at the price of a launch for small batches.
template <typename T>
[[nodiscard]] cudaError_t launch_prepare_batch(const PrepareBatchArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
