#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.hpp"
#include "engine/compile/segments.hpp"
#include "engine/cpu/buffer.hpp"
#include "engine/cpu/layout.hpp"
#include "engine/cpu/parameters.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/stages.hpp"
#include "engine/graph/graph.hpp"

namespace lenet::cpu {

/// The context in which a plan builds its ops.
struct BuildContext {
  const Kernels& kernels;
  int threads = 1;
  std::int64_t capacity = 0;  ///< most samples per step
  bool training = false;
  std::uint64_t seed = 0;                        ///< for the dropout masks
  std::deque<Buffer<float>>* buffers = nullptr;  ///< owns the memory between ops

  /// Allocates values and, in training if `with_gradient`, their gradient.
  Activation activation(const Layout& layout, bool with_gradient) const;
};

/// One operation of a plan. Its passes are methods that stages run for ranges of samples or units, on several
/// threads at the same time.
class Op {
 public:
  explicit Op(std::string name) : name_(std::move(name)) {}
  virtual ~Op() = default;
  const std::string& name() const { return name_; }

  /// Sets the layouts of the op's parameters.
  virtual void describe_parameters(std::vector<ParameterLayout>&) const {}
  /// Called once, before the first step, when the parameters have been allocated.
  virtual void bind(Parameters&) {}
  /// Called when weights have been set from outside: copies of them in another layout are out of date.
  virtual void weights_changed() {}

  virtual void add_forward(Stages& stages) = 0;
  /// Adds the passes that compute the gradient with respect to the op's input.
  virtual void add_backward(Stages&) {}
  /// Adds the passes that compute the gradient with respect to the op's parameters and update them, to a
  /// stage that all ops share.
  virtual void add_update(Stages&) {}
  /// Returns the memory that a thread needs for one of the op's tasks.
  virtual std::size_t scratch_bytes() const { return 0; }
  /// Returns the implementations of the op's products; empty if it has none.
  const std::vector<Implementation>& implementations() const { return implementations_; }

 protected:
  /// Sets the implementations of an op that has parameters. `forward` and `backward` describe its kernels.
  void set_products(const BuildContext& build, std::string_view forward, std::string_view backward,
                    bool data_gradient);

 private:
  std::string name_;
  std::vector<Implementation> implementations_;
};

struct BuiltOp {
  std::unique_ptr<Op> op;
  Activation result;
};

/// Converts pixels to floats, for a graph whose first layer needs them as an image.
BuiltOp make_input(const BuildContext& build, const Image& image, std::int64_t margin);
/// A convolution with the ReLU and pooling that follow it. `margin`: of its result.
BuiltOp make_conv(const BuildContext& build, const compile::Segment& segment, const Activation& input,
                  std::int64_t margin);
BuiltOp make_dense(const BuildContext& build, const Node& node, bool relu, const Activation& input);
/// A dense layer that reads the pixels themselves, most of which are zero.
BuiltOp make_pixel_dense(const BuildContext& build, const Node& node, bool relu, std::int64_t pixels);
BuiltOp make_max_pool(const BuildContext& build, const Node& node, const Activation& input,
                      std::int64_t margin);
/// ReLU in place.
BuiltOp make_relu(const BuildContext& build, const Node& node, const Activation& input);
/// Dropout in place.
BuiltOp make_dropout(const BuildContext& build, const compile::PlacedNode& placed, const Activation& input);

}  // namespace lenet::cpu
