#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/segments.hpp"
#include "engine/cuda/ops/op.hpp"
#include "engine/cuda/runtime/stream_order.hpp"
#include "kernels/metrics.hpp"

namespace lenet::cuda {

/// A batch in device memory: uint8 pixels in the graph's order and one label each.
struct DeviceBatch {
  const std::uint8_t* pixels = nullptr;
  const std::uint8_t* labels = nullptr;         ///< null if only the logits are wanted
  const std::uint32_t* sample_index = nullptr;  ///< the batch's samples; null for 0, 1, 2, …
  const std::int64_t* position = nullptr;       ///< where they begin in sample_index; null for 0
};

/// Resources that the plans of a program share.
struct Resources {
  cudaStream_t stream = nullptr;
  PlanCache* plan_cache = nullptr;
  DeviceMemory* memory = nullptr;
  Parameters* parameters = nullptr;
  kernels::DeviceMetrics* metrics = nullptr;  ///< in device memory
  unsigned* confusion = nullptr;              ///< classes×classes, in device memory; evaluation adds to it
  kernels::StepState* state = nullptr;        ///< in device memory
  SideBranch* side = nullptr;                 ///< null if a step's kernels form one chain
  bool fuse_head = false;                     ///< train the last layer and its loss by make_head()
};

/// A graph compiled for one batch size: its ops in order, with the memory between them. All methods queue
/// their work on the stream.
class Plan {
 public:
  /// `training` is null for inference. Training plans have a gradient for every activation that needs one.
  Plan(const Resources& resources, const Graph& graph, const TrainingOptions* training, std::int64_t batch);

  /// One training step: forward, loss, backward, update. Adds to the metrics; the step counter goes up by
  /// one.
  void train(const DeviceBatch& batch);
  /// Forward pass. Adds to the metrics if there are labels.
  void evaluate(const DeviceBatch& batch);

  /// Logits of the last forward pass: batch×classes, in device memory.
  const float* logits() const { return logits_; }
  std::vector<Implementation> implementations() const { return compile::implementations_of(ops_); }

 private:
  void add_ops(BuildContext& build, const Graph& graph);
  /// Adds the last two segments, the last of which is one dense layer.
  void add_head(BuildContext& build, std::span<const compile::Segment> segments,
                std::span<const MemoryLayout> layouts);
  void add_segment(BuildContext& build, const compile::Segment& segment,
                   std::span<const MemoryLayout> layouts, bool head_next = false);
  void add(BuiltOp built);
  void find_logits(BuildContext& build);
  void prepare(const DeviceBatch& batch);
  void forward(const DeviceBatch& batch);
  void add_loss(const std::uint8_t* labels);
  void backward_and_update();
  void backward(Op& op);
  /// Leaves the weight gradient of fork_ and the update of its parameters and all later ones to the side
  /// branch.
  void fork_backward();
  void update(const Parameters::Range& range, const StepContext& context);

  Resources resources_;
  kernels::OptimizerHyper optimizer_;
  std::int64_t batch_;
  std::int64_t features_, channels_, classes_;
  bool training_;
  DType dtype_;
  std::vector<DeviceBuffer> buffers_;
  Activation images_, output_;
  std::vector<OpPtr> ops_;
  DenseOp* fork_ = nullptr;         ///< first dense layer with a data gradient; null without a side branch
  int fork_parameter_ = 0;          ///< its first parameter
  std::uint8_t* labels_ = nullptr;  ///< of the gathered batch
  float* logits_ = nullptr;
  bool has_loss_op_ = false;             ///< see BuiltOp
  float* loss_bias_gradient_ = nullptr;  ///< see BuiltOp
  StepContext context_, side_context_;
};

}  // namespace lenet::cuda
