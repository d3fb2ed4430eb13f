#include <algorithm>

#include "engine/cpu/op.hpp"
#include "engine/cpu/sparse_matrix.hpp"

namespace lenet::cpu {
namespace {

/// Most units per block of weights: its sums fill half the registers of the widest instruction set.
constexpr std::int64_t kLargestBlock = 128;
/// Pixels per group: the weights of a group and block stay in the first-level cache.
constexpr std::int64_t kPixelGroup = 112;
/// Groups of pixels whose weights are updated by one task.
constexpr std::int64_t kGroupsPerTask = 2;
/// Images per task.
constexpr std::int64_t kImageGroup = 8;

/// Images that are on their way into the cache while one is read.
constexpr std::int64_t kFetchedAhead = 4;

void prefetch(const std::uint8_t* bytes, std::int64_t count) {
  constexpr std::int64_t kCacheLine = 64;
  for (std::int64_t i = 0; i < count; i += kCacheLine) __builtin_prefetch(bytes + i);
}

/// Computes y = W x + b of the pixels, and the ReLU that follows. Takes the images as a sparse matrix. The
/// weights are in blocks of some units, for each pixel the weights of all units in the block.
///
/// If the weights are small, a task takes some samples through the whole layer, and the gradient is added up
/// in cache, sample by sample. Else a task computes one block for all samples, forward as well as backward,
/// so that the block stays in the cache of its thread; the gradient of each pixel's weights is added up in
/// registers, for which the lit pixels are listed by pixel, too.
class PixelDenseOp : public Op {
 public:
  PixelDenseOp(const BuildContext& build, const Node& node, bool relu, std::int64_t pixels);

  const Activation& result() const { return result_; }
  void describe_parameters(std::vector<ParameterLayout>& layouts) const override;
  void bind(Parameters& parameters) override { parameters_ = &parameters; }
  std::size_t scratch_bytes() const override {
    return Scratch::bytes<float>(kGroupsPerTask * kPixelGroup * block_);
  }

  void add_forward(Stages& stages) override;
  void add_backward(Stages& stages) override;
  void add_update(Stages& stages) override;

  void list_samples(const StepContext& context, Range samples, Scratch);
  void list_pixels(const StepContext& context, Range, Scratch);
  void forward_samples(const StepContext&, Range samples, Scratch) { forward(samples, {0, blocks_}); }
  void forward_blocks(const StepContext& context, Range blocks, Scratch) {
    forward({0, context.count}, blocks);
  }
  void mask_gradient(const StepContext&, Range samples, Scratch);
  void update_small(const StepContext& context, Range range, Scratch scratch);
  void update_blocks(const StepContext& context, Range tasks, Scratch scratch);

 private:
  void forward(Range samples, Range blocks) const;
  void update_bias(const StepContext& context, std::int64_t block, float* sums) const;
  bool small() const { return fits_in_cache(pixels_ * blocks_ * block_); }
  std::int64_t tasks_per_block() const { return ceil_divide(groups(), kGroupsPerTask); }
  std::int64_t groups() const { return ceil_divide(pixels_, kPixelGroup); }
  std::int32_t* bounds_of(std::int64_t sample) const { return bounds_.data() + sample * (groups() + 1); }
  float* weights() const { return parameters_->weights() + parameters_->offset(weight_); }

  const Kernels& kernels_;
  int weight_, bias_;
  bool relu_;
  std::int64_t pixels_, units_, blocks_, block_;
  Activation result_;
  Parameters* parameters_ = nullptr;
  SparseMatrix lit_;             ///< pixels: a row per sample
  Buffer<std::int32_t> bounds_;  ///< per sample: where in its row each group of pixels begins, and the end
  SparseMatrix lit_by_pixel_;    ///< the same transposed, for training with large weights
};

std::int64_t block_of(std::int64_t units) {
  return round_up(ceil_divide(units, ceil_divide(units, kLargestBlock)), kChannelBlock);
}

/// Returns the layout of the result, with room for the last block.
Layout result_layout(std::int64_t units) {
  Layout layout{.channels = units};
  layout.pixel = round_up(units, block_of(units));
  return layout;
}

PixelDenseOp::PixelDenseOp(const BuildContext& build, const Node& node, bool relu, std::int64_t pixels)
    : Op(node.name),
      kernels_(build.kernels),
      weight_(node.parameters[Linear::kWeight]),
      bias_(node.parameters[Linear::kBias]),
      relu_(relu),
      pixels_(pixels),
      units_(node.output[0]),
      blocks_(ceil_divide(units_, block_of(units_))),
      block_(block_of(units_)),
      result_(build.activation(result_layout(units_), true)),
      lit_(build.capacity, pixels),
      bounds_(build.capacity * (groups() + 1)) {
  set_products(build, "sparse pixels", "sparse pixels", false);
  if (build.training && !small()) lit_by_pixel_ = SparseMatrix(pixels, build.capacity);
}

void PixelDenseOp::describe_parameters(std::vector<ParameterLayout>& layouts) const {
  layouts[static_cast<std::size_t>(weight_)] = {.outputs = units_,
                                                .width = pixels_,
                                                .column_step = block_,
                                                .block = block_,
                                                .block_step = pixels_ * block_,
                                                .floats = blocks_ * pixels_ * block_};
  layouts[static_cast<std::size_t>(bias_)] = {.outputs = units_, .floats = blocks_ * block_};
}

void PixelDenseOp::add_forward(Stages& stages) {
  stages.by_samples<&PixelDenseOp::list_samples>(*this, kImageGroup);
  if (small()) {
    stages.by_samples<&PixelDenseOp::forward_samples>(*this, kImageGroup);
    return;
  }
  stages.by_units<&PixelDenseOp::forward_blocks>(*this, blocks_, 1);
  if (lit_by_pixel_.rows().counts) stages.alongside<&PixelDenseOp::list_pixels>(*this, 1, 1);
}

void PixelDenseOp::add_backward(Stages& stages) {
  if (relu_) stages.by_samples<&PixelDenseOp::mask_gradient>(*this, kImageGroup);
}

void PixelDenseOp::add_update(Stages& stages) {
  if (small())
    stages.alongside<&PixelDenseOp::update_small>(*this, groups(), kGroupsPerTask);
  else
    stages.alongside<&PixelDenseOp::update_blocks>(*this, blocks_ * tasks_per_block(), 1);
}

void PixelDenseOp::list_samples(const StepContext& context, Range samples, Scratch) {
  for (std::int64_t n = samples.begin; n < samples.end; ++n) {
    // The images of a batch lie anywhere in the data set: each would be waited for.
    if (n + kFetchedAhead < context.count) prefetch(context.image(n + kFetchedAhead), pixels_);
    kernels_.list_pixels(lit_.rows().from(n), context.image(n), pixels_, static_cast<std::int32_t>(block_),
                         kPixelGroup, bounds_of(n));
  }
}

void PixelDenseOp::list_pixels(const StepContext& context, Range, Scratch) {
  const SparseRows lists = lit_by_pixel_.rows();
  std::fill_n(lists.counts, pixels_, 0);
  const auto block = static_cast<std::int32_t>(block_);
  for (std::int64_t n = 0; n < context.count; ++n) {
    const SparseRows row = lit_.rows().from(n);
    for (std::int32_t i = 0; i < *row.counts; ++i)
      lists.from(row.offsets[i] / block).append(row.values[i], n * result_.layout.sample());
  }
}

void PixelDenseOp::forward(Range samples, Range blocks) const {
  for (std::int64_t block = blocks.begin; block < blocks.end; ++block)
    kernels_.sum_rows({.sparse = lit_.rows().from(samples.begin),
                       .groups = groups(),
                       .bounds = bounds_of(samples.begin),
                       .dense = weights() + block * pixels_ * block_,
                       .start = parameters_->weights() + parameters_->offset(bias_) + block * block_,
                       .result = result_.values_of(samples.begin) + block * block_,
                       .result_row = result_.layout.sample(),
                       .rows = samples.size(),
                       .width = block_,
                       .relu = relu_});
}

void PixelDenseOp::mask_gradient(const StepContext&, Range samples, Scratch) {
  for (std::int64_t n = samples.begin; n < samples.end; ++n)
    kernels_.relu_backward(result_.gradients_of(n), result_.values_of(n), units_);
}

void PixelDenseOp::update_small(const StepContext& context, Range range, Scratch scratch) {
  float* const sums = scratch.take<float>(kGroupsPerTask * kPixelGroup * block_);
  for (std::int64_t group = range.begin; group < range.end; group += kGroupsPerTask) {
    const std::int64_t end = std::min(group + kGroupsPerTask, range.end);
    const std::int64_t first = group * kPixelGroup * block_;
    const std::int64_t floats = std::min(end * kPixelGroup, pixels_) * block_ - first;
    for (std::int64_t block = 0; block < blocks_; ++block) {
      std::fill_n(sums, floats, 0.0f);
      kernels_.add_transposed({.sparse = lit_.rows(),
                               .begins = bounds_.data() + group,
                               .ends = bounds_.data() + end,
                               .bounds_step = groups() + 1,
                               .dense = result_.gradients + block * block_,
                               .dense_row = result_.layout.sample(),
                               .sums = sums - first,
                               .rows = context.count,
                               .width = block_});
      context.update(kernels_, parameters_->offset(weight_) + block * pixels_ * block_ + first, sums, floats);
      if (group == 0) update_bias(context, block, sums);
    }
  }
}

// A task is a block and some groups of pixels; those of one block follow each other.
void PixelDenseOp::update_blocks(const StepContext& context, Range tasks, Scratch scratch) {
  constexpr std::int64_t kPixels = kGroupsPerTask * kPixelGroup;
  for (std::int64_t task = tasks.begin; task < tasks.end; ++task) {
    const std::int64_t block = task / tasks_per_block(), first = task % tasks_per_block() * kPixels;
    context.check(
        kernels_.update_rows({.sparse = lit_by_pixel_.rows().from(first),
                              .dense = result_.gradients + block * block_,
                              .rule = &context.rule,
                              .offset = parameters_->offset(weight_) + (block * pixels_ + first) * block_,
                              .weight_row = block_,
                              .rows = std::min(kPixels, pixels_ - first),
                              .width = block_}));
    if (first == 0) update_bias(context, block, Scratch(scratch).take<float>(block_));
  }
}

void PixelDenseOp::update_bias(const StepContext& context, std::int64_t block, float* sums) const {
  std::fill_n(sums, block_, 0.0f);
  for (std::int64_t n = 0; n < context.count; ++n) {
    const float* const gradients = result_.gradients_of(n) + block * block_;
    for (std::int64_t i = 0; i < block_; ++i) sums[i] += gradients[i];
  }
  context.update(kernels_, parameters_->offset(bias_) + block * block_, sums, block_);
}

}  // namespace

BuiltOp make_pixel_dense(const BuildContext& build, const Node& node, bool relu, std::int64_t pixels) {
  auto op = std::make_unique<PixelDenseOp>(build, node, relu, pixels);
  Activation result = op->result();
  return {std::move(op), result};
}

}  // namespace lenet::cpu
