#pragma once

#include <iterator>
#include <vector>

#include "engine/backend.hpp"

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
  /// Returns the implementations of the op's products; empty if it has none to choose from.
  virtual std::vector<Implementation> implementations() const { return {}; }
};

/// Returns the implementations of all ops, in their order.
template <class Ops>
std::vector<Implementation> implementations_of(const Ops& ops) {
  std::vector<Implementation> all;
  for (const auto& op : ops) {
    std::vector<Implementation> found = op->implementations();
    all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return all;
}

}  // namespace lenet::compile
