#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/compile/op.hpp"
#include "engine/cpu/loss.hpp"
#include "engine/cpu/op.hpp"
#include "engine/cpu/stages.hpp"
#include "engine/cpu/team.hpp"

namespace lenet::cpu {

/// Options of a plan besides its graph.
struct PlanOptions {
  int threads = 1;
  std::int64_t capacity = 0;  ///< most samples per step
  bool training = false;
  std::uint64_t seed = 0;  ///< for the dropout masks
};

/// A graph compiled for steps of up to `capacity` samples: its ops, the memory between them, and their passes
/// in stages. For training, a step is a forward pass, the loss, a backward pass and one stage that updates
/// all weights.
class Plan {
 public:
  Plan(const Graph& graph, const Kernels& kernels, const PlanOptions& options);

  /// Returns the layouts of all parameters. They depend on the graph and the kernels, not on the options.
  std::vector<ParameterLayout> parameter_layouts() const;
  void bind(Parameters& parameters);
  /// Must be called when weights have been set from outside.
  void weights_changed();

  /// Runs a step.
  void run(Team& team, const StepContext& context);
  /// Runs the last stage of the last step again: the gradients of its `context.count` samples, with
  /// context.rule.
  void update_again(Team& team, const StepContext& context);
  const LossOp& loss() const { return *loss_; }

  std::int64_t bytes() const;
  std::vector<Implementation> implementations() const { return compile::implementations_of(ops_); }

 private:
  void add_ops(const Graph& graph);
  Activation add_segment(std::span<const compile::Segment> segments, Activation input);
  Activation add(BuiltOp built);
  void add_stages();
  void run(Stages& stages, Team& team, const StepContext& context);

  std::deque<Buffer<float>> buffers_;
  BuildContext build_;
  std::size_t parameters_ = 0;
  std::vector<std::unique_ptr<Op>> ops_;
  LossOp* loss_ = nullptr;         ///< the last of ops_
  std::size_t scratch_bytes_ = 0;  ///< per thread
  Stages step_, updates_;
};

}  // namespace lenet::cpu
