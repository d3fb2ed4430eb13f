#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/cpu/op.hpp"

namespace lenet::cpu {

/// Options of a plan besides its graph and batch size.
struct PlanOptions {
  bool training = false;
  std::uint64_t seed = 0;  ///< for the dropout masks
};

/// A graph compiled for one batch size: its ops in order, with the memory between them.
class Plan {
 public:
  /// A training plan has a backward pass, and a gradient for every activation that needs one. A program's
  /// first plan fills `layouts`, one per parameter; later plans use them.
  Plan(const dnnl::engine& engine, const Graph& graph, std::int64_t batch, const PlanOptions& options,
       std::vector<onednn::Desc>& layouts);

  void bind(Parameters& parameters);

  /// Returns batch×classes logits of these pixels (batch×C×H×W uint8), valid until the next call.
  std::span<const float> forward(const StepContext& context, std::span<const std::uint8_t> pixels);
  /// Returns the memory for the gradient of the loss with respect to the logits; fill it before backward().
  std::span<float> logit_gradients() const { return gradients_; }
  void backward(const StepContext& context);

  std::int64_t bytes() const;
  std::vector<Implementation> implementations() const { return compile::implementations_of(ops_); }

 private:
  void add_ops(const Graph& graph);
  Activation add_segment(const compile::Segment& segment, Activation input, bool pixels_are_rows);
  Activation add(BuiltOp built);
  /// Returns a view of `input` as one vector per sample.
  Activation as_rows(const Node& node, const Activation& input) const;
  void find_logits(const Activation& output, std::int64_t classes);

  std::vector<Buffer> buffers_;
  BuildContext build_;
  Activation input_;
  std::vector<OpPtr> ops_;
  Reorder logits_to_rows_, rows_to_gradients_;
  std::span<float> logits_, gradients_;
};

}  // namespace lenet::cpu
