#pragma once

namespace lenet::compile {

/// One fused operation of a compiled graph, with its descriptors and memory prepared: running it allocates
/// nothing. `Step` is the backend's context for a step: its stream and the values that change per step.
template <class Step>
class Op {
 public:
  virtual ~Op() = default;
  /// Returns the name of the op's main layer, for profilers.
  virtual const char* name() const = 0;
  virtual void forward(const Step& step) = 0;
  /// Computes the gradients with respect to the op's input and parameters from the gradient with respect to
  /// its result.
  virtual void backward(const Step& step) = 0;
};

}  // namespace lenet::compile
