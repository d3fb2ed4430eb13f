#include "kernels/max_pool.hpp"

#include <algorithm>

#include "engine/cpu/op.hpp"

namespace lenet::cpu {
namespace {

/// Max-pooling that does not follow a convolution, which would do it itself.
class MaxPoolOp : public Op {
 public:
  MaxPoolOp(const BuildContext& build, const Node& node, const Activation& input, std::int64_t margin)
      : Op(node.name),
        input_(input),
        result_(build.activation(Layout::of_result(node.output, margin), input.wants_gradient())),
        window_(std::get<MaxPool2d>(node.layer).window) {
    if (input.wants_gradient()) argmax_ = Buffer<std::int32_t>(build.capacity * result_.layout.features());
  }

  const Activation& result() const { return result_; }
  void add_forward(Stages& stages) override { stages.by_samples<&MaxPoolOp::forward>(*this, kSampleGroup); }
  void add_backward(Stages& stages) override {
    if (input_.wants_gradient()) stages.by_samples<&MaxPoolOp::backward>(*this, kSampleGroup);
  }

  void forward(const StepContext&, Range samples, Scratch) {
    for (std::int64_t n = samples.begin; n < samples.end; ++n) {
      const float* const values = input_.values_of(n);
      for_each_window(n, [&](std::int32_t* argmax, std::int64_t offset, std::int64_t first) {
        std::int64_t largest = first;
        for (std::int64_t y = 0; y < window_; ++y)
          for (std::int64_t x = 0; x < window_; ++x) {
            const std::int64_t at = first + y * input_.layout.row() + x * input_.layout.pixel;
            if (kernels::exceeds_max(values[at], values[largest])) largest = at;
          }
        result_.values_of(n)[offset] = values[largest];
        if (argmax) *argmax = static_cast<std::int32_t>(largest);
      });
    }
  }

  void backward(const StepContext&, Range samples, Scratch) {
    for (std::int64_t n = samples.begin; n < samples.end; ++n) {
      float* const gradients = input_.gradients_of(n);
      std::fill_n(gradients, input_.layout.floats(), 0.0f);
      for_each_window(n, [&](const std::int32_t* argmax, std::int64_t offset, std::int64_t) {
        gradients[*argmax] = result_.gradients_of(n)[offset];
      });
    }
  }

 private:
  /// Calls body(argmax, offset of the result, offset of the window's first element) for each window of a
  /// sample; `argmax` is null if no gradient is wanted.
  template <class Body>
  void for_each_window(std::int64_t sample, const Body& body) {
    std::int32_t* argmax = argmax_.data() ? argmax_.data() + sample * result_.layout.features() : nullptr;
    for (std::int64_t y = 0; y < result_.layout.height; ++y)
      for (std::int64_t x = 0; x < result_.layout.width; ++x)
        for (std::int64_t c = 0; c < result_.layout.channels; ++c) {
          body(argmax, result_.layout.at(y, x) + c, input_.layout.at(y * window_, x * window_) + c);
          if (argmax) ++argmax;
        }
  }

  Activation input_, result_;
  std::int64_t window_;
  Buffer<std::int32_t> argmax_;  ///< offset in the input, per element of the result
};

}  // namespace

BuiltOp make_max_pool(const BuildContext& build, const Node& node, const Activation& input,
                      std::int64_t margin) {
  auto op = std::make_unique<MaxPoolOp>(build, node, input, margin);
  Activation result = op->result();
  return {std::move(op), result};
}

}  // namespace lenet::cpu
