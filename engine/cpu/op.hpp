#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/cpu/buffer.hpp"
#include "engine/cpu/onednn.hpp"
#include "engine/cpu/parameters.hpp"
#include "engine/graph/graph.hpp"

namespace lenet::cpu {

/// What flows between two ops: the values of a batch and, in training, the loss's gradient by them in the
/// same layout. Images stay four-dimensional (N×C×H×W, in whatever order oneDNN likes) until a dense layer
/// reads them.
struct Activation {
  dnnl::memory value;
  dnnl::memory gradient;  ///< empty where no parameter lies before it
  bool wants_gradient() const { return static_cast<bool>(gradient); }

  float* values() const { return static_cast<float*>(value.get_data_handle()); }
  float* gradients() const { return static_cast<float*>(gradient.get_data_handle()); }
  /// Floats of the buffer, padding included.
  std::size_t count() const { return value.get_desc().get_size() / sizeof(float); }
};

/// What a step tells its ops.
struct StepContext {
  dnnl::stream& stream;
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  bool training = false;
};

struct BuildContext;

/// One fused operation of a compiled graph with its primitives and arguments ready; running it allocates
/// nothing.
class Op {
 public:
  virtual ~Op() = default;
  /// Called once, before the first step, when the parameters have their place.
  virtual void bind(const BuildContext&, Parameters&) {}
  virtual void forward(const StepContext& context) = 0;
  /// Gradient of the op's input and parameters from that of its result.
  virtual void backward(const StepContext& context) = 0;
};

/// What an op is built with.
struct BuildContext {
  dnnl::engine engine;
  std::int64_t batch = 0;
  bool training = false;
  /// One a parameter. The first plan finds them empty and writes what suits its gradients best; others
  /// comply.
  std::vector<onednn::Desc>* layouts = nullptr;
  std::vector<Buffer>* buffers = nullptr;  ///< where activations live

  /// A buffer for a result of this layout, with a gradient if `with_gradient`.
  Activation activation(const onednn::Desc& layout, bool with_gradient) const;
  dnnl::memory scratch(const onednn::Desc& layout) const;
  onednn::Desc& layout(int parameter) const { return (*layouts)[static_cast<std::size_t>(parameter)]; }
};

/// A copy of a memory in another layout, or the memory itself where the layouts agree.
class Relayout {
 public:
  Relayout() = default;
  Relayout(const BuildContext& build, const dnnl::memory& source, const onednn::Desc& layout);
  /// The other way round: `result()` is written in `layout` and copied to `target`.
  static Relayout onto(const BuildContext& build, const dnnl::memory& target, const onednn::Desc& layout);

  void run(const StepContext& context);
  /// The same, unless `version` is that of the last run.
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
BuiltOp make_dropout(const BuildContext& build, const Node& node, int layer, const Activation& input);

/// ReLU in place. What another op already does is left out: `forward_done` by the op before, `backward_done`
/// by the op behind.
BuiltOp make_relu(bool forward_done, bool backward_done, const Activation& input);

/// A primitive's arguments.
using Arguments = std::unordered_map<int, dnnl::memory>;

/// The first of these layouts for which make(layout) gives optimised code; if none does, whatever the last of
/// them that oneDNN can do at all gives.
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
