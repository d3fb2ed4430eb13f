#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/cuda/runtime/handles.hpp"
#include "engine/cuda/runtime/memory.hpp"
#include "kernels/launch_fused_steps.hpp"
#include "kernels/step_state.hpp"

namespace lenet::bench {

/// A launcher of kernels/, with the arguments that it has in a training step of the CNN.
struct KernelCase {
  std::string launcher;    ///< without launch_: "adam"
  std::string where;       ///< the layer that it is launched for: "fc1"
  std::string elements;    ///< "float32", "bf16": type of activations, or of the second copy of the weights
  std::int64_t bytes = 0;  ///< memory traffic at least: each array once
  std::int64_t flop = 0;   ///< 0 where arithmetic does not limit the time
  std::function<cudaError_t(cudaStream_t)> launch;
};

/// Every launcher of kernels/, for float32 and bf16 where it has both, with device memory full of random
/// values. Results are ignored; a case may be launched any number of times.
class KernelCases {
 public:
  /// Sizes that the times depend on; the CNN has 3,274,634 parameters.
  struct Sizes {
    std::int64_t batch = 50;
    std::int64_t parameters = 3'274'634;
    std::int64_t resident_samples = 55'000;  ///< size of the data set that batches are gathered from
  };
  /// Throws DeviceError if the device does not have enough memory.
  explicit KernelCases(const Sizes& sizes);

  std::span<const KernelCase> cases() const { return cases_; }

 private:
  template <class T>
  void add_for_elements();
  template <class T>
  void add_input();
  template <class T>
  void add_conv_relu_pool();
  template <class T>
  void add_second_layers();
  template <class T>
  void add_dense();
  template <class T>
  void add_head();
  /// Nothing where the device is too small for it.
  void add_fused();
  void add_fused_steps(const std::string& model, const kernels::FusedNetwork& network);
  void add_updates();
  void add_small();

  template <class T, class Value>
  T* filled(std::int64_t count, const Value& value);
  /// Random values from -1 to 1.
  template <class T>
  T* values(std::int64_t count);
  /// Random numbers below `bound`.
  std::uint8_t* bytes_below(std::uint32_t bound, std::int64_t count);
  void* zeroed(std::size_t bytes);

  Sizes sizes_;
  cuda::Stream stream_;  // for the preparation
  cuda::DeviceMemory memory_;
  std::vector<cuda::DeviceBuffer> buffers_;
  std::uint64_t next_seed_ = 0;
  kernels::StepState* state_;
  const std::uint8_t* resident_pixels_;
  const std::uint8_t* resident_labels_;
  std::vector<KernelCase> cases_;
};

}  // namespace lenet::bench
