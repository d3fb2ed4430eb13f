#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/compile/op.hpp"
#include "engine/compile/segments.hpp"
#include "engine/cpu/buffer.hpp"
#include "engine/cpu/onednn.hpp"
#include "engine/cpu/parameters.hpp"
#include "engine/graph/graph.hpp"

namespace lenet::cpu {

/// The values of a batch between two ops and, in training, the gradient of the loss with respect to them, in
/// the same memory layout. Images stay four-dimensional (N×C×H×W, in a layout that oneDNN selects) until a
/// dense layer reads them.
struct Activation {
  dnnl::memory value;
  dnnl::memory gradient;  ///< empty in inference, and if no layer before it has parameters
  bool wants_gradient() const { return static_cast<bool>(gradient); }

  float* values() const { return static_cast<float*>(value.get_data_handle()); }
  float* gradients() const { return static_cast<float*>(gradient.get_data_handle()); }
  /// Returns the number of floats in the buffer, including padding.
  std::size_t count() const { return value.get_desc().get_size() / sizeof(float); }
};

/// The context of a step, passed to every op.
struct StepContext {
  dnnl::stream& stream;
  std::int64_t step = 0;
};

/// The context in which a plan builds its ops.
struct BuildContext {
  dnnl::engine engine;
  std::int64_t batch = 0;
  bool training = false;
  std::uint64_t seed = 0;
  /// Memory layout of each parameter. A program's first plan sets them, to the layouts that are fastest for
  /// its weight gradients (in inference for its forward pass); later plans use the same layouts.
  std::vector<onednn::Desc>* layouts = nullptr;
  std::vector<Buffer>* buffers = nullptr;  ///< owns the memory of the activations

  /// Allocates an op's result in this layout, in training with its gradient if `with_gradient`.
  Activation activation(const onednn::Desc& layout, bool with_gradient) const;
  dnnl::memory scratch(const onednn::Desc& layout) const;
  onednn::Desc& layout(int parameter) const { return (*layouts)[static_cast<std::size_t>(parameter)]; }
};

class Op : public compile::Op<StepContext> {
 public:
  explicit Op(const Node& node) : name_(node.name) {}
  const char* name() const override { return name_.c_str(); }
  /// Called once, before the first step, when the parameters have been allocated.
  virtual void bind(const BuildContext&, Parameters&) {}

 private:
  std::string name_;
};

/// Provides a memory in another layout: a reordered copy, or the memory itself if the layouts are equal.
class Reorder {
 public:
  Reorder() = default;
  Reorder(const BuildContext& build, const dnnl::memory& source, const onednn::Desc& layout);
  /// Returns a reorder in the opposite direction: an op writes result() in `layout`, and run() copies it to
  /// `target`.
  static Reorder onto(const BuildContext& build, const dnnl::memory& target, const onednn::Desc& layout);

  void run(const StepContext& context);
  /// Runs unless it already ran with this `version`.
  void run_once(const StepContext& context, std::int64_t version);
  const dnnl::memory& result() const { return outward_ ? source_ : target_; }

 private:
  dnnl::memory source_, target_;
  dnnl::reorder reorder_;
  std::int64_t version_ = -1;
  bool needed_ = false;
  bool outward_ = false;
};

using OpPtr = std::unique_ptr<Op>;
struct BuiltOp {
  OpPtr op;
  Activation result;
};

BuiltOp make_conv(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input);
BuiltOp make_linear(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input);
/// `after_relu`: the input is the result of a ReLU. The op then masks the pooled gradient for that ReLU,
/// which is smaller than the ReLU's own.
BuiltOp make_max_pool(const BuildContext& build, const Node& node, bool after_relu, const Activation& input);
BuiltOp make_dropout(const BuildContext& build, const compile::PlacedNode& placed, const Activation& input);

/// ReLU in place. Skips the forward pass if `forward_done` by the op before it, and the backward pass if
/// `backward_done` by the op after it.
BuiltOp make_relu(const Node& node, bool forward_done, bool backward_done, const Activation& input);

/// The arguments of a oneDNN primitive.
using Arguments = std::unordered_map<int, dnnl::memory>;

/// Returns make(layout) for the first of these layouts that oneDNN has an optimised implementation for, or
/// for the last if it has none.
template <class Make>
auto first_optimised(std::initializer_list<onednn::Desc> layouts, const Make& make) {
  for (auto layout = layouts.begin(); layout + 1 != layouts.end(); ++layout) {
    try {
      auto made = make(*layout);
      if (!onednn::is_reference(made)) return made;
    } catch (const dnnl::error&) {
      // Try the next layout: oneDNN does not support this one.
    }
  }
  return make(*(layouts.end() - 1));
}

}  // namespace lenet::cpu
