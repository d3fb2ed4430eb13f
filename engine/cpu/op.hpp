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

/// The values of a batch between two ops and, in training, the loss's gradient with respect to them in the
/// same layout. Images stay four-dimensional (N×C×H×W, in whatever order oneDNN likes) until a dense layer
/// reads them.
struct Activation {
  dnnl::memory value;
  dnnl::memory gradient;  ///< empty in inference, and where no parameter precedes it
  bool wants_gradient() const { return static_cast<bool>(gradient); }

  float* values() const { return static_cast<float*>(value.get_data_handle()); }
  float* gradients() const { return static_cast<float*>(gradient.get_data_handle()); }
  /// Floats in the buffer, padding included.
  std::size_t count() const { return value.get_desc().get_size() / sizeof(float); }
};

/// What a step passes to its ops.
struct StepContext {
  dnnl::stream& stream;
  std::int64_t step = 0;
};

/// What an op is built with.
struct BuildContext {
  dnnl::engine engine;
  std::int64_t batch = 0;
  bool training = false;
  std::uint64_t seed = 0;
  /// One per parameter, empty in a program's first plan: it chooses what suits its gradients best, or in
  /// inference its forward pass. Later plans comply.
  std::vector<onednn::Desc>* layouts = nullptr;
  std::vector<Buffer>* buffers = nullptr;  ///< own the memory of activations

  /// A buffer for a result of this layout; in training with a gradient if `with_gradient`.
  Activation activation(const onednn::Desc& layout, bool with_gradient) const;
  dnnl::memory scratch(const onednn::Desc& layout) const;
  onednn::Desc& layout(int parameter) const { return (*layouts)[static_cast<std::size_t>(parameter)]; }
};

class Op : public compile::Op<StepContext> {
 public:
  explicit Op(const Node& node) : name_(node.name) {}
  const char* name() const override { return name_.c_str(); }
  /// Called once, before the first step, when the parameters have their place.
  virtual void bind(const BuildContext&, Parameters&) {}

 private:
  std::string name_;
};

/// A copy of a memory in another layout, or the memory itself where the layouts agree.
class Reorder {
 public:
  Reorder() = default;
  Reorder(const BuildContext& build, const dnnl::memory& source, const onednn::Desc& layout);
  /// The opposite direction: `result()` is written in `layout` and copied to `target`.
  static Reorder onto(const BuildContext& build, const dnnl::memory& target, const onednn::Desc& layout);

  void run(const StepContext& context);
  /// Runs unless `version` is that of the last run.
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
/// `after_relu`: the input is a ReLU's result, whose backward mask is cheaper on the pooled gradient.
BuiltOp make_max_pool(const BuildContext& build, const Node& node, bool after_relu, const Activation& input);
BuiltOp make_dropout(const BuildContext& build, const compile::PlacedNode& placed, const Activation& input);

/// ReLU in place. What a neighbour already does is left out: `forward_done` by the op before it,
/// `backward_done` by the op after it.
BuiltOp make_relu(const Node& node, bool forward_done, bool backward_done, const Activation& input);

/// A primitive's arguments.
using Arguments = std::unordered_map<int, dnnl::memory>;

/// Returns make(layout) of the first of these layouts that oneDNN has optimised code for, or else of the
/// last.
template <class Make>
auto first_optimised(std::initializer_list<onednn::Desc> layouts, const Make& make) {
  for (auto layout = layouts.begin(); layout + 1 != layouts.end(); ++layout) {
    try {
      auto made = make(*layout);
      if (!onednn::is_reference(made)) return made;
    } catch (const dnnl::error&) {
      // This layout is not supported: the next one may be.
    }
  }
  return make(*(layouts.end() - 1));
}

}  // namespace lenet::cpu
