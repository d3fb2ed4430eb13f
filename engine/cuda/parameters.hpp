#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>
#include <optional>
#include <span>
#include <vector>

#include "engine/compile/program.hpp"
#include "engine/cuda/libraries/numerics.hpp"
#include "engine/cuda/memory_layout.hpp"
#include "engine/cuda/runtime/memory.hpp"
#include "engine/graph/optimizer.hpp"
#include "kernels/step_state.hpp"

namespace lenet::cuda {

/// All parameters of a graph in device memory, in flat arrays that share their offsets: the weights and, in
/// training, the gradients and each moment. In each, a parameter begins at a multiple of 256 bytes, in bf16,
/// too, and has the order that the kernels want; the gaps between them stay zero under every update.
class Parameters : public compile::ParameterArrays {
 public:
  Parameters(const Graph& graph, kernels::Layout layout, const CompileOptions& options, cudaStream_t stream,
             DeviceMemory& memory);

  /// One parameter's part of an array; null if the program has no such array.
  float* at(std::size_t array, int parameter) const {
    if (array >= arrays_.size()) return nullptr;
    return arrays_[array].as<float>() + entries_[static_cast<std::size_t>(parameter)].offset;
  }
  /// One parameter in the type that layers multiply with: its part of the weights, or of their copy in bf16.
  const void* elements(int parameter) const;

  /// Both wait until the copy is done. Not safe for concurrent calls.
  void import_array(std::size_t array, std::span<const float> canonical) override;
  std::vector<float> export_array(std::size_t array) const override;
  /// Returns one parameter of an array in the graph's order, and copies nothing else.
  std::vector<float> export_parameter(std::size_t array, int parameter) const;

  /// The optimizer's settings. Call it in training only.
  kernels::OptimizerHyper hyper() const;

  /// Consecutive elements of the arrays.
  struct Range {
    std::int64_t begin = 0, end = 0;
  };
  /// All parameters before this one, and it with all after it.
  Range before(int parameter) const { return {0, entries_[static_cast<std::size_t>(parameter)].offset}; }
  Range from(int parameter) const { return {before(parameter).end, count_}; }
  Range all() const { return {0, count_}; }

  /// Queues one step of the optimizer over a range of parameters. Weights that are not finite afterwards are
  /// recorded in `first_nonfinite_step`, in device memory.
  void update(const Range& range, const kernels::StepState* state, std::int64_t* first_nonfinite_step,
              cudaStream_t stream) const;

 private:
  struct Entry {
    std::int64_t offset;            ///< first float in the arrays
    std::int64_t canonical_offset;  ///< first float in the graph's order
    std::int64_t count;
    std::int64_t rows;  ///< each row is pixels×channels
    MemoryLayout layout;
  };

  /// Calls visit(index in the array, index in the graph's order) for every element.
  template <class Visit>
  static void for_each_element(const Entry& entry, const Visit& visit);
  template <class Visit>
  void for_each_element(const Visit& visit) const {
    for (const Entry& entry : entries_) for_each_element(entry, visit);
  }
  void round_weights() const;
  float* staged() const { return reinterpret_cast<float*>(staging_.data()); }

  std::optional<Optimizer> optimizer_;  ///< none in inference
  cudaStream_t stream_;
  std::vector<Entry> entries_;
  std::int64_t canonical_count_;
  std::int64_t count_ = 0;  ///< floats per array
  std::vector<DeviceBuffer> arrays_;
  DeviceBuffer rounded_;  ///< the weights in bf16; empty in other precisions
  PinnedBuffer staging_;  ///< holds an array between host and device
};

}  // namespace lenet::cuda
