#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/cuda/libraries/numerics.hpp"
#include "engine/cuda/memory_layout.hpp"
#include "engine/cuda/runtime/memory.hpp"
#include "engine/graph/recipe.hpp"
#include "kernels/step_state.cuh"

namespace lenet::cuda {

/// All parameters of a graph in device memory: weights, gradients and Adam's two moments, four flat arrays
/// that share their offsets. In each, a parameter begins at a multiple of 256 bytes, in bf16, too, and lies
/// in the order that the kernels want; what is between them stays zero under every update.
class Parameters {
 public:
  enum Array { weights, gradients, moment1, moment2, kArrays };

  Parameters(const Graph& graph, kernels::Layout layout, const Optimizer& optimizer, Element element,
             cudaStream_t stream, DeviceMemory& memory);

  float* at(Array array, int parameter) const {
    return arrays_[array].as<float>() + entries_[static_cast<std::size_t>(parameter)].offset;
  }
  /// The weights as the elements that layers multiply: the array of weights itself, or its copy in bf16.
  const void* elements(int parameter) const;

  /// Copies a whole array from or to the graph's canonical order, one call at a time. Waits until it is done.
  void import_array(Array array, std::span<const float> canonical);
  std::vector<float> export_array(Array array) const;

  /// One step of the optimizer over all parameters, queued.
  void update(const kernels::StepState* state) const;
  int moments() const { return std::holds_alternative<Adam>(optimizer_) ? 2 : 0; }

 private:
  struct Entry {
    std::int64_t offset;            ///< in the arrays, in floats
    std::int64_t canonical_offset;  ///< in the graph's order
    std::int64_t rows;              ///< each of them lies as pixels×channels
    ElementOrder order;
  };

  /// The number in the array of each canonical one, parameter by parameter.
  template <class Visit>
  void for_each_element(const Visit& visit) const;
  void round_weights() const;
  float* staged() const { return reinterpret_cast<float*>(staging_.data()); }

  Optimizer optimizer_;
  cudaStream_t stream_;
  std::vector<Entry> entries_;
  std::int64_t canonical_count_;
  std::int64_t count_ = 0;  ///< floats of an array
  std::array<DeviceBuffer, kArrays> arrays_;
  DeviceBuffer rounded_;  ///< the weights in bf16, if layers want them so
  PinnedBuffer staging_;  ///< an array on its way from or to the host
};

}  // namespace lenet::cuda
