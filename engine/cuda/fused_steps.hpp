#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/cuda/parameters.hpp"
#include "engine/cuda/plan.hpp"
#include "engine/cuda/runtime/memory.hpp"
#include "engine/graph/graph.hpp"
#include "kernels/launch_fused_steps.hpp"
#include "kernels/metrics.hpp"

namespace lenet::cuda {

/// The network and grid with which one kernel trains a graph on the current device, or the reason why none
/// can.
struct FusedFit {
  std::string refusal;  ///< empty if it can
  kernels::FusedNetwork network = {};
  kernels::FusedGrid grid = {};
  const Node* hidden = nullptr;  ///< these two are in the graph; null if there is no hidden layer
  const Node* last = nullptr;
  float dropout_rate = 0;  ///< behind the hidden layer
  std::uint32_t dropout_layer = 0;
};
FusedFit fit_fused_steps(const Graph& graph, const CompileOptions& options);

/// Training steps in one kernel per launch (see kernels/launch_fused_steps.hpp). Afterwards, parameters,
/// moments, metrics and the step's state are as after the same steps of a Plan, but for rounding, and the
/// gradients are those of the last step.
class FusedSteps {
 public:
  struct Setting {
    cudaStream_t stream = nullptr;
    DeviceBatch data;  ///< pixels and labels of all samples
    kernels::StepState* state = nullptr;
    kernels::DeviceMetrics* metrics = nullptr;
  };
  /// `fit` has no refusal.
  FusedSteps(const FusedFit& fit, const TrainingOptions& training, const Parameters& parameters,
             const Setting& setting, DeviceMemory& memory);

  /// Queues the steps of these samples, which are in device memory; `first_step` counts over the whole run.
  void queue(const std::uint32_t* order, std::int64_t samples, std::int64_t first_step);

  /// Returns the kernel as the implementation of each dense layer.
  std::vector<Implementation> implementations() const;

 private:
  std::vector<std::string> layers_;
  cudaStream_t stream_;
  DeviceBuffer workspace_;
  kernels::FusedStepsArgs args_;
};

}  // namespace lenet::cuda
