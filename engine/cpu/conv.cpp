#include <algorithm>

#include "engine/core/error.hpp"
#include "engine/cpu/forward_conv.hpp"
#include "engine/cpu/op.hpp"

namespace lenet::cpu {
namespace {

/// Filters per task of the update: a register holds their gradients.
constexpr std::int64_t kFilterGroup = kChannelBlock;

/// Convolution with bias and the ReLU and pooling that follow it. A task takes an image through the whole op,
/// so that the result before pooling never leaves the cache. oneDNN computes the forward pass; gradients,
/// most of which are zero, have kernels of their own.
class ConvOp : public Op {
 public:
  ConvOp(const BuildContext& build, const compile::Segment& segment, const Activation& input,
         std::int64_t margin);

  const Activation& result() const { return result_; }
  void describe_parameters(std::vector<ParameterLayout>& layouts) const override;
  void bind(Parameters& parameters) override;
  void weights_changed() override { forward_->packing.pack(weights(), packed_, {0, filters_}); }
  std::size_t scratch_bytes() const override;

  void add_forward(Stages& stages) override { stages.by_samples<&ConvOp::forward>(*this, 1); }
  void add_backward(Stages& stages) override { stages.by_samples<&ConvOp::backward>(*this, 1); }
  void add_update(Stages& stages) override {
    stages.alongside<&ConvOp::update>(*this, filters_, kFilterGroup);
  }

  void forward(const StepContext&, Range samples, Scratch scratch);
  void backward(const StepContext&, Range samples, Scratch scratch);
  void update(const StepContext& context, Range filters, Scratch scratch);

 private:
  void mask_gradient(std::int64_t sample) const;
  ConvGradient gradient_of(std::int64_t sample) const;
  std::uint16_t* argmax_of(std::int64_t sample) const {
    return argmax_.data() ? argmax_.data() + sample * geometry_.positions() * geometry_.filters : nullptr;
  }
  float* weights() const { return parameters_->weights() + parameters_->offset(weight_); }

  const Kernels& kernels_;
  Activation input_, result_;
  int weight_, bias_;
  std::int64_t filters_;
  std::vector<std::int32_t> shifts_;
  ConvGeometry geometry_;
  std::unique_ptr<ForwardConv> forward_;
  Buffer<std::uint16_t> argmax_;  ///< for training
  Parameters* parameters_ = nullptr;
  float* packed_ = nullptr;
};

std::int64_t window_of(const compile::Segment& segment) {
  const std::int64_t window =
      segment.pool ? std::get<MaxPool2d>(segment.at(*segment.pool).node.layer).window : 1;
  if (window > kLargestWindow)
    throw UsageError("the CPU pools windows of at most " + std::to_string(kLargestWindow) + " pixels");
  return window;
}

/// Returns the offset in the image of each element of a pooling window.
std::vector<std::int32_t> shifts_of(const Layout& image, std::int64_t window) {
  std::vector<std::int32_t> shifts;
  for (std::int64_t y = 0; y < window; ++y)
    for (std::int64_t x = 0; x < window; ++x)
      shifts.push_back(static_cast<std::int32_t>(y * image.row() + x * image.pixel));
  return shifts;
}

ConvGeometry geometry_of(const compile::Segment& segment, const Layout& image, const Layout& result,
                         const std::vector<std::int32_t>& shifts) {
  const Node& node = segment.main();
  const auto& conv = std::get<Conv2d>(node.layer);
  const std::int64_t window = window_of(segment);
  return {.kernel = conv.kernel,
          .padding = image.margin,
          .image_height = image.height,
          .image_width = image.width,
          .image_row = image.row(),
          .image_pixel = image.pixel,
          .height = node.output[1] / window * window,
          .width = node.output[2] / window * window,
          .filters = result.pixel,
          .window = window,
          .pooled_row = result.row(),
          .kernel_row = round_up(conv.kernel * image.pixel, kChannelBlock),
          .shift = shifts.data(),
          .relu = segment.relu.has_value()};
}

Layout result_layout(const compile::Segment& segment, std::int64_t margin) {
  const Node& last = segment.pool ? segment.at(*segment.pool).node : segment.main();
  return Layout::of_result(last.output, margin);
}

ConvOp::ConvOp(const BuildContext& build, const compile::Segment& segment, const Activation& input,
               std::int64_t margin)
    : Op(segment.main().name),
      kernels_(build.kernels),
      input_(input),
      result_(build.activation(result_layout(segment, margin), true)),
      weight_(segment.main().parameters[Conv2d::kWeight]),
      bias_(segment.main().parameters[Conv2d::kBias]),
      filters_(segment.main().output[0]),
      shifts_(shifts_of(input.layout, window_of(segment))),
      geometry_(geometry_of(segment, input.layout, result_.layout, shifts_)),
      forward_(make_forward_conv(geometry_, kernels_.lanes, build.threads)) {
  set_products(build, "oneDNN " + forward_->implementation, "sparse gradient", input.wants_gradient());
  if (build.training)
    argmax_ = Buffer<std::uint16_t>(build.capacity * geometry_.positions() * geometry_.filters);
}

void ConvOp::describe_parameters(std::vector<ParameterLayout>& layouts) const {
  layouts[static_cast<std::size_t>(weight_)] = {.outputs = filters_,
                                                .channels = input_.layout.channels,
                                                .height = geometry_.kernel,
                                                .width = geometry_.kernel,
                                                .output_step = geometry_.filter(),
                                                .channel_step = 1,
                                                .row_step = geometry_.kernel_row,
                                                .column_step = geometry_.image_pixel,
                                                .floats = filters_ * geometry_.filter()};
  layouts[static_cast<std::size_t>(bias_)] = {.outputs = filters_, .floats = geometry_.filters};
}

void ConvOp::bind(Parameters& parameters) {
  parameters_ = &parameters;
  packed_ = parameters.copy_of(weight_, forward_->packing.floats);
}

std::size_t ConvOp::scratch_bytes() const {
  const std::int64_t gradients = geometry_.positions() * geometry_.filters + kListSlack;
  const std::size_t forward =
      Scratch::bytes<float>(forward_->result_floats) + Scratch::bytes<std::byte>(forward_->scratch_bytes);
  const std::size_t backward = Scratch::bytes<std::int32_t>(gradients) + Scratch::bytes<float>(gradients) +
                               Scratch::bytes<std::int32_t>(geometry_.positions() * std::ssize(shifts_));
  const std::int64_t lists = kFilterGroup * geometry_.positions();
  const std::size_t update = Scratch::bytes<float>(kFilterGroup * geometry_.filter()) +
                             Scratch::bytes<float>(kChannelBlock) + Scratch::bytes<std::int32_t>(lists) +
                             Scratch::bytes<float>(lists) + Scratch::bytes<std::int32_t>(kFilterGroup);
  return std::max({forward, backward, update});
}

void ConvOp::forward(const StepContext&, Range samples, Scratch scratch) {
  const float* const bias = parameters_->weights() + parameters_->offset(bias_);
  float* const values = scratch.take<float>(forward_->result_floats);
  std::byte* const memory = scratch.take<std::byte>(forward_->scratch_bytes);
  for (std::int64_t n = samples.begin; n < samples.end; ++n) {
    forward_->run(scratch.thread(), input_.values_of(n), packed_, bias, values, memory);
    kernels_.conv_pool({.geometry = &geometry_,
                        .values = values,
                        .layout = forward_->layout,
                        .pooled = result_.values_of(n) + result_.layout.origin(),
                        .argmax = argmax_of(n)});
  }
}

// A pooled value is positive exactly if the ReLU's result is positive at the window's argmax.
void ConvOp::mask_gradient(std::int64_t sample) const {
  const Layout& layout = result_.layout;
  for (std::int64_t y = 0; y < layout.height; ++y)
    kernels_.relu_backward(result_.gradients_of(sample) + layout.at(y, 0),
                           result_.values_of(sample) + layout.at(y, 0), layout.width * layout.pixel);
}

ConvGradient ConvOp::gradient_of(std::int64_t sample) const {
  return {&geometry_, result_.gradients_of(sample) + result_.layout.origin(), argmax_of(sample)};
}

void ConvOp::backward(const StepContext&, Range samples, Scratch scratch) {
  const std::int64_t gradients = geometry_.positions() * geometry_.filters + kListSlack;
  const SparseRows lists{.offsets = scratch.take<std::int32_t>(gradients),
                         .values = scratch.take<float>(gradients),
                         .counts = scratch.take<std::int32_t>(geometry_.positions() * std::ssize(shifts_))};
  for (std::int64_t n = samples.begin; n < samples.end; ++n) {
    if (geometry_.relu) mask_gradient(n);
    if (!input_.wants_gradient()) continue;
    kernels_.conv_data_gradient({.gradient = gradient_of(n),
                                 .weights = weights(),
                                 .image_gradient = input_.gradients_of(n),
                                 .scratch = lists});
  }
}

void ConvOp::update(const StepContext& context, Range filters, Scratch scratch) {
  const std::int64_t lists = kFilterGroup * geometry_.positions();
  ConvWeightGradient gradient{.gradient = gradient_of(0),
                              .image = input_.values,
                              .samples = context.count,
                              .image_sample = input_.layout.sample(),
                              .pooled_sample = result_.layout.sample(),
                              .first = filters.begin,
                              .last = filters.end,
                              .sums = scratch.take<float>(kFilterGroup * geometry_.filter()),
                              .bias_sums = scratch.take<float>(kChannelBlock)};
  gradient.scratch = {.offsets = scratch.take<std::int32_t>(lists),
                      .values = scratch.take<float>(lists),
                      .counts = scratch.take<std::int32_t>(kFilterGroup),
                      .capacity = geometry_.positions()};
  kernels_.conv_weight_gradient(gradient);
  context.update(kernels_, parameters_->offset(weight_) + filters.begin * geometry_.filter(), gradient.sums,
                 filters.size() * geometry_.filter());
  context.update(kernels_, parameters_->offset(bias_) + filters.begin, gradient.bias_sums, filters.size());
  forward_->packing.pack(weights(), packed_, filters);
}

}  // namespace

BuiltOp make_conv(const BuildContext& build, const compile::Segment& segment, const Activation& input,
                  std::int64_t margin) {
  auto op = std::make_unique<ConvOp>(build, segment, input, margin);
  Activation result = op->result();
  return {std::move(op), result};
}

}  // namespace lenet::cpu
