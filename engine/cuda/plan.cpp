#include "engine/cuda/plan.hpp"

#include <optional>
#include <utility>

#include "engine/core/overloaded.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/nvtx.hpp"
#include "kernels/launch_convert.hpp"
#include "kernels/launch_prepare_batch.hpp"
#include "kernels/launch_softmax_cross_entropy.hpp"

namespace lenet::cuda {
namespace {

/// Whether the convolution, ReLU and pooling that a segment begins with are one kernel.
bool is_one_kernel(const BuildContext& build, const compile::Segment& segment, const Activation& input) {
  return segment.relu && segment.pool &&
         std::get<MaxPool2d>(segment.at(*segment.pool).node.layer).window == 2 &&
         is_conv_relu_pool(build, segment.main(), input);
}

float rate_of(const compile::Segment& segment) {
  return std::get<Dropout>(segment.at(*segment.dropout).node.layer).rate;
}

}  // namespace

Activation BuildContext::activation(const Shape& shape, const MemoryLayout& layout, DType value,
                                    bool with_gradient) {
  const auto count = static_cast<std::size_t>(batch * shape.count());
  return {.value = buffer("activations", count * bytes_of(value)),
          .gradient = training && with_gradient ? buffer("activations", count * bytes_of(dtype())) : nullptr,
          .shape = shape,
          .layout = layout,
          .dtype = value};
}

void* BuildContext::buffer(const char* purpose, std::size_t bytes) {
  return buffers.emplace_back(memory.allocate(purpose, bytes)).data();
}

void* BuildContext::zeroed_buffer(const char* purpose, std::size_t bytes) {
  return buffers.emplace_back(memory.allocate_zeroed(purpose, bytes)).data();
}

Plan::Plan(const Resources& resources, const Graph& graph, const TrainingOptions* training,
           std::int64_t batch)
    : resources_(resources),
      optimizer_(training ? resources.parameters->hyper() : kernels::OptimizerHyper{}),
      batch_(batch),
      features_(graph.input_count()),
      channels_(1),
      classes_(graph.classes()),
      training_(training != nullptr),
      dtype_(dtype_of(resources.plan_cache->numerics().precision)) {
  BuildContext build{.plan_cache = *resources.plan_cache,
                     .memory = *resources.memory,
                     .parameters = *resources.parameters,
                     .buffers = buffers_,
                     .batch = batch,
                     .training = training_,
                     .seed = training ? training->seed : 0,
                     .image_layout = layout_for(graph)};
  const Image& image = graph.input();
  const MemoryLayout layout = memory_layouts(graph, build.image_layout).front();
  channels_ = layout.channels;
  images_ = build.activation({image.channels, image.height, image.width}, layout, dtype_, false);
  labels_ = static_cast<std::uint8_t*>(build.buffer("activations", static_cast<std::size_t>(batch)));
  add_ops(build, graph);
  find_logits(build);
  context_ = {.stream = resources.stream,
              .state = resources.state,
              .workspace = build.buffer("workspaces", build.workspace),
              .labels = labels_,
              .metrics = resources.metrics};
  if (fork_)
    side_context_ = {.stream = resources.side->stream.get(),
                     .state = resources.state,
                     .workspace = build.buffer("workspaces", fork_->weight_gradient_workspace_bytes())};
}

void Plan::add_ops(BuildContext& build, const Graph& graph) {
  const std::vector<MemoryLayout> layouts = memory_layouts(graph, build.image_layout);
  output_ = images_;
  const std::vector<compile::Segment> segments = compile::fuse(graph);
  const std::size_t in_head =
      !resources_.fuse_head || !training_ ? 0 : std::min<std::size_t>(segments.size(), 2);
  for (std::size_t i = 0; i + in_head < segments.size(); ++i) add_segment(build, segments[i], layouts);
  if (in_head > 0) add_head(build, std::span(segments).last(in_head), layouts);
}

void Plan::add_head(BuildContext& build, std::span<const compile::Segment> segments,
                    std::span<const MemoryLayout> layouts) {
  const auto placed = [&](const compile::Segment& segment, int index) {
    return PlacedNode{segment.at(index), layouts[static_cast<std::size_t>(index) + 1]};
  };
  HeadFusion fusion;
  if (segments.size() == 2) {
    const compile::Segment& before = segments.front();
    if (std::holds_alternative<Linear>(before.main().layer) && before.relu && !before.pool) {
      fusion.hidden = &before.main();
      if (before.dropout && rate_of(before) > 0) fusion.dropout.emplace(placed(before, *before.dropout));
    }
    add_segment(build, before, layouts, fusion.hidden != nullptr);
  }
  add(make_head(build, placed(segments.back(), segments.back().first), fusion, output_));
}

void Plan::add(BuiltOp built) {
  if (training_ && resources_.side && !fork_ && built.dense) {
    fork_ = built.dense;
    fork_parameter_ = built.first_parameter;
  }
  if (built.op) ops_.push_back(std::move(built.op));
  output_ = std::move(built.result);
  loss_bias_gradient_ = built.loss_bias_gradient;
  has_loss_op_ = built.has_loss;
}

void Plan::add_segment(BuildContext& build, const compile::Segment& segment,
                       std::span<const MemoryLayout> layouts, bool head_next) {
  const auto placed = [&](int index) {
    return PlacedNode{segment.at(index), layouts[static_cast<std::size_t>(index) + 1]};
  };
  // Layers that the main op does not fuse.
  bool relu = segment.relu.has_value(), pool = segment.pool.has_value();
  bool dropout = segment.dropout && training_ && rate_of(segment) > 0;
  const Node* relu_conv = nullptr;  // the pooling sums its bias gradient
  std::visit(Overloaded{
                 [&](const Conv2d&) {
                   if (is_one_kernel(build, segment, output_)) {
                     add(make_conv_relu_pool(build, segment.main(), placed(*segment.pool), output_));
                     pool = false;
                   } else {
                     add(make_conv(build, placed(segment.first), {.relu = relu, .pooled_next = relu && pool},
                                   output_));
                     if (relu) relu_conv = &segment.main();
                   }
                   relu = false;
                 },
                 [&](const Linear&) {
                   LinearFusion fusion{.head_next = head_next,
                                       .relu = relu,
                                       .dropout = std::nullopt,
                                       .last = segment.last && segment.nodes.size() == 1};
                   if (relu && dropout) {
                     fusion.dropout.emplace(placed(*segment.dropout));
                     dropout = false;
                   }
                   add(make_linear(build, placed(segment.first), fusion, output_));
                   relu = false;
                 },
                 [&](const Flatten&) {
                   output_.shape = segment.main().output;
                   output_.layout = placed(segment.first).layout;
                 },
                 [](const Relu&) {},       // added below
                 [](const MaxPool2d&) {},  // added below
                 [](const Dropout&) {},    // added below
             },
             segment.main().layer);
  if (relu) add(make_relu(build, placed(*segment.relu), output_));
  if (pool) add(make_max_pool(build, placed(*segment.pool), relu_conv, output_));
  if (dropout) add(make_dropout(build, placed(*segment.dropout), output_));
}

// The loss reads float32, which a dense layer gives when it is the last.
void Plan::find_logits(BuildContext& build) {
  logits_ = output_.dtype == DType::f32
                ? static_cast<float*>(output_.value)
                : static_cast<float*>(build.buffer(
                      "activations", static_cast<std::size_t>(batch_ * classes_) * sizeof(float)));
}

void Plan::train(const DeviceBatch& batch) {
  forward(batch);
  if (!has_loss_op_) add_loss(labels_);
  backward_and_update();
}

void Plan::backward_and_update() {
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) backward(**op);
  if (!fork_) return update(resources_.parameters->all(), context_);
  update(resources_.parameters->before(fork_parameter_), context_);
  make_wait(context_.stream, side_context_.stream, resources_.side->joined);
}

void Plan::backward(Op& op) {
  const NvtxRange range("backward", op.name());
  if (&op == fork_)
    fork_backward();
  else
    op.backward(context_);
}

void Plan::fork_backward() {
  fork_->mask_gradient(context_);
  make_wait(side_context_.stream, context_.stream, resources_.side->forked);
  fork_->weight_gradient(side_context_);
  fork_->data_gradient(context_);
  make_wait(side_context_.stream, context_.stream, resources_.side->weights_read);
  update(resources_.parameters->from(fork_parameter_), side_context_);
}

void Plan::update(const Parameters::Range& range, const StepContext& context) {
  const NvtxRange name("update");
  resources_.parameters->update(range, context.state, &resources_.metrics->first_nonfinite_step,
                                context.stream);
}

void Plan::evaluate(const DeviceBatch& batch) {
  forward(batch);
  if (batch.labels) add_loss(labels_);
}

void Plan::forward(const DeviceBatch& batch) {
  prepare(batch);
  for (const OpPtr& op : ops_) {
    const NvtxRange range("forward", op->name());
    op->forward(context_);
  }
  if (logits_ != output_.value)
    LENET_CHECK(kernels::launch_widen(
        {.from = static_cast<const kernels::bf16*>(output_.value), .to = logits_, .count = batch_ * classes_},
        resources_.stream));
}

void Plan::prepare(const DeviceBatch& batch) {
  const auto launch = [&]<class T>(T* images) {
    LENET_CHECK(kernels::launch_prepare_batch<T>(
        {.pixels = batch.pixels,
         .labels = batch.labels,
         .sample_index = batch.sample_index,
         .position = batch.position,
         .images = images,
         .batch_labels = batch.labels ? labels_ : nullptr,
         .count = batch_,
         .features = features_,
         .channels = channels_,
         .begin = {.state = training_ ? resources_.state : nullptr, .optimizer = optimizer_}},
        resources_.stream));
  };
  const NvtxRange range("prepare batch");
  if (dtype_ == DType::bf16)
    launch(static_cast<kernels::bf16*>(images_.value));
  else
    launch(static_cast<float*>(images_.value));
}

void Plan::add_loss(const std::uint8_t* labels) {
  const auto launch = [&]<class T>(T* gradient) {
    LENET_CHECK(
        kernels::launch_softmax_cross_entropy<T>({.logits = logits_,
                                                  .labels = labels,
                                                  .count = batch_,
                                                  .classes = static_cast<std::int32_t>(classes_),
                                                  .metrics = resources_.metrics,
                                                  .gradient = gradient,
                                                  .bias_gradient = gradient ? loss_bias_gradient_ : nullptr,
                                                  .state = training_ ? resources_.state : nullptr,
                                                  .confusion = training_ ? nullptr : resources_.confusion},
                                                 resources_.stream));
  };
  const NvtxRange range("loss");
  void* const gradient = training_ ? output_.gradient : nullptr;
  if (dtype_ == DType::bf16)
    launch(static_cast<kernels::bf16*>(gradient));
  else
    launch(static_cast<float*>(gradient));
}

}  // namespace lenet::cuda
