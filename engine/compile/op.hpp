#pragma once

namespace lenet::compile {

/// One fused operation of a compiled graph with all that it needs at hand; running it allocates nothing.
/// `Step` is what a backend passes to its ops in every step: its stream and what changes from step to step.
template <class Step>
class Op {
 public:
  virtual ~Op() = default;
  /// The name of the layer that it begins with, for profilers.
  virtual const char* name() const = 0;
  virtual void forward(const Step& step) = 0;
  /// Computes the gradients of the op's input and parameters from that of its result.
  virtual void backward(const Step& step) = 0;
};

}  // namespace lenet::compile
