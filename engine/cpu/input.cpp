#include "engine/cpu/op.hpp"
#include "kernels/normalize.hpp"

namespace lenet::cpu {
namespace {

/// Converts pixels to floats, in the layout that the first layer reads.
class InputOp : public Op {
 public:
  InputOp(const BuildContext& build, const Layout& layout)
      : Op("input"), result_(build.activation(layout, false)) {}

  const Activation& result() const { return result_; }
  void add_forward(Stages& stages) override { stages.by_samples<&InputOp::forward>(*this, kSampleGroup); }

  void forward(const StepContext& context, Range samples, Scratch) {
    const Layout& layout = result_.layout;
    for (std::int64_t n = samples.begin; n < samples.end; ++n) {
      const std::uint8_t* pixels = context.image(n);
      for (std::int64_t c = 0; c < layout.channels; ++c)
        for (std::int64_t y = 0; y < layout.height; ++y, pixels += layout.width) {
          float* const row = result_.values_of(n) + layout.at(y, 0) + c;
          for (std::int64_t x = 0; x < layout.width; ++x)
            row[x * layout.pixel] = kernels::normalize(pixels[x]);
        }
    }
  }

 private:
  Activation result_;
};

}  // namespace

BuiltOp make_input(const BuildContext& build, const Image& image, std::int64_t margin) {
  // As many floats per pixel as channels: a convolution of few channels reads whole rows of the filter.
  auto op = std::make_unique<InputOp>(build, Layout{.channels = image.channels,
                                                    .height = image.height,
                                                    .width = image.width,
                                                    .pixel = image.channels,
                                                    .margin = margin});
  Activation result = op->result();
  return {std::move(op), result};
}

}  // namespace lenet::cpu
