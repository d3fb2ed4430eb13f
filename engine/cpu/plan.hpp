#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/cpu/op.hpp"

namespace lenet::cpu {

/// A graph compiled for one batch size: its ops in order, with the memory between them.
class Plan {
 public:
  /// Training plans can go backward and have a gradient for every activation that needs one. The first plan
  /// of a program is a training plan: it fills `layouts`.
  Plan(const dnnl::engine& engine, const Graph& graph, std::int64_t batch, bool training,
       std::vector<onednn::Desc>& layouts);

  void bind(Parameters& parameters);

  std::int64_t batch() const { return build_.batch; }
  /// batch×classes logits of these pixels (batch×C×H×W uint8).
  std::span<const float> forward(const StepContext& context, std::span<const std::uint8_t> pixels);
  /// Where the loss's gradient by the logits goes before backward().
  std::span<float> logit_gradients() const { return gradients_; }
  void backward(const StepContext& context);

  std::int64_t bytes() const;

 private:
  /// The same numbers as vectors, for Flatten.
  Activation as_rows(const Node& node, const Activation& input) const;
  void add_ops(const Graph& graph);

  std::vector<Buffer> buffers_;
  BuildContext build_;
  Activation input_;
  std::vector<OpPtr> ops_;
  Relayout logits_to_rows_, rows_to_gradients_;
  std::span<float> logits_, gradients_;
};

}  // namespace lenet::cpu
