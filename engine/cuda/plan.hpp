#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/segments.hpp"
#include "engine/cuda/ops/op.hpp"
#include "kernels/metrics.hpp"

namespace lenet::cuda {

/// A batch in device memory: uint8 pixels in the graph's order and one label each.
struct DeviceBatch {
  const std::uint8_t* pixels = nullptr;
  const std::uint8_t* labels = nullptr;         ///< null: only the logits are wanted
  const std::uint32_t* sample_index = nullptr;  ///< which sample each one is; null: 0, 1, 2, …
};

/// What the plans of a program share.
struct Resources {
  cudaStream_t stream = nullptr;
  PlanCache* plan_cache = nullptr;
  DeviceMemory* memory = nullptr;
  Parameters* parameters = nullptr;
  kernels::DeviceMetrics* metrics = nullptr;  ///< in device memory
  unsigned* confusion = nullptr;              ///< classes×classes, in device memory; evaluation counts
  kernels::StepState* state = nullptr;        ///< in device memory
};

/// A graph compiled for one batch size: its ops in order, with the memory between them. Everything that runs
/// is queued on the stream.
class Plan {
 public:
  /// `training` is null for inference. Training plans have a gradient for every activation that needs one.
  Plan(const Resources& resources, const Graph& graph, const TrainingOptions* training, std::int64_t batch);

  /// One step: forward, loss, backward, update. Adds to the metrics and counts the step's state up.
  void train(const DeviceBatch& batch);
  /// Forward, and adds to the metrics if there are labels.
  void evaluate(const DeviceBatch& batch);

  /// Of the last forward pass: batch×classes, in device memory.
  const float* logits() const { return logits_; }

 private:
  void add_ops(BuildContext& build, const Graph& graph);
  void add_segment(BuildContext& build, const compile::Segment& segment,
                   std::span<const MemoryLayout> layouts);
  void add(BuiltOp built);
  void find_logits(BuildContext& build);
  void prepare(const DeviceBatch& batch);
  void forward(const DeviceBatch& batch);
  void add_loss(const std::uint8_t* labels);

  Resources resources_;
  kernels::OptimizerHyper optimizer_;
  std::int64_t batch_;
  std::int64_t features_, channels_, classes_;
  bool training_;
  DType dtype_;
  std::vector<DeviceBuffer> buffers_;
  Activation images_, output_;
  std::vector<OpPtr> ops_;
  std::uint8_t* labels_ = nullptr;  ///< of the batch, gathered
  float* logits_ = nullptr;
  float* loss_bias_gradient_ = nullptr;  ///< see BuiltOp
  StepContext context_;
};

}  // namespace lenet::cuda
