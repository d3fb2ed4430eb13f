#include "engine/cuda/plan.hpp"

#include <span>

#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/nvtx.hpp"
#include "kernels/convert.cuh"
#include "kernels/prepare_batch.cuh"
#include "kernels/softmax_cross_entropy.cuh"

namespace lenet::cuda {
namespace {

kernels::AdamHyper hyper_of(const Optimizer& optimizer) {
  const auto* adam = std::get_if<Adam>(&optimizer);
  if (!adam) return {};
  return {adam->learning_rate, adam->beta1, adam->beta2, adam->epsilon};
}

/// Takes a graph's nodes in turn, as many at once as one op can do.
class Fuser {
 public:
  Fuser(BuildContext& build, const Graph& graph)
      : build_(build), nodes_(graph.nodes()), orders_(element_orders(graph, build.layout)) {}

  bool done() const { return at_ == nodes_.size(); }

  /// The op that begins with the next node; none for one that moves nothing.
  BuiltOp next(const Activation& input) {
    const PlacedNode placed = take();
    const Layer& layer = placed.node.layer;
    if (std::holds_alternative<Conv2d>(layer)) return convolution(placed, input);
    if (std::holds_alternative<Linear>(layer)) return linear(placed, input);
    if (std::holds_alternative<MaxPool2d>(layer)) return make_max_pool(build_, placed, relu_conv(), input);
    if (std::holds_alternative<Relu>(layer)) return make_relu(build_, placed, input);
    if (const auto* dropout = std::get_if<Dropout>(&layer))
      if (build_.training && dropout->rate > 0) return make_dropout(build_, placed, input);
    return {.op = nullptr, .result = flattened(placed, input)};
  }

 private:
  template <class Kind>
  bool next_is(std::size_t ahead = 0) const {
    return at_ + ahead < nodes_.size() && std::holds_alternative<Kind>(nodes_[at_ + ahead].layer);
  }

  PlacedNode take() {
    const std::size_t index = at_++;
    return {.node = nodes_[index], .index = static_cast<int>(index), .order = orders_[index + 1]};
  }

  /// The convolution with ReLU right before the pooling that was just taken, or null.
  const Node* relu_conv() const {
    if (at_ < 3 || !std::holds_alternative<Relu>(nodes_[at_ - 2].layer)) return nullptr;
    const Node& conv = nodes_[at_ - 3];
    return std::holds_alternative<Conv2d>(conv.layer) ? &conv : nullptr;
  }

  BuiltOp convolution(const PlacedNode& conv, const Activation& input) {
    const bool relu = next_is<Relu>();
    const bool pooled = relu && next_is<MaxPool2d>(1);
    if (pooled && std::get<MaxPool2d>(nodes_[at_ + 1].layer).window == 2 &&
        is_first_layers(build_, conv.node, input)) {
      take();
      return make_first_layers(build_, conv.node, take(), input);
    }
    if (relu) take();
    return make_conv(build_, conv, {.relu = relu, .pooled_next = pooled}, input);
  }

  BuiltOp linear(const PlacedNode& linear, const Activation& input) {
    LinearFusion fusion{.relu = next_is<Relu>(), .dropout = std::nullopt, .last = done()};
    if (fusion.relu) take();
    if (fusion.relu && next_is<Dropout>()) {
      const PlacedNode dropout = take();
      if (std::get<Dropout>(dropout.node.layer).rate > 0) fusion.dropout.emplace(dropout);
    }
    return make_linear(build_, linear, fusion, input);
  }

  static Activation flattened(const PlacedNode& placed, Activation input) {
    input.shape = placed.node.output;
    input.order = placed.order;
    return input;
  }

  BuildContext& build_;
  std::span<const Node> nodes_;
  std::vector<ElementOrder> orders_;
  std::size_t at_ = 0;
};

}  // namespace

Activation BuildContext::activation(const Shape& shape, const ElementOrder& order, Element value,
                                    bool with_gradient) {
  const auto count = static_cast<std::size_t>(batch * shape.count());
  return {.value = buffer("activations", count * bytes_of(value)),
          .gradient = with_gradient ? buffer("activations", count * bytes_of(element())) : nullptr,
          .shape = shape,
          .order = order};
}

void* BuildContext::buffer(const char* purpose, std::size_t bytes) {
  return buffers.emplace_back(memory.allocate(purpose, bytes)).data();
}

void* BuildContext::zeroed_buffer(const char* purpose, std::size_t bytes) {
  return buffers.emplace_back(memory.allocate_zeroed(purpose, bytes)).data();
}

Plan::Plan(const Resources& resources, const Graph& graph, const CompileOptions& options, std::int64_t batch,
           bool training)
    : resources_(resources),
      adam_(hyper_of(options.optimizer)),
      batch_(batch),
      features_(graph.input_count()),
      channels_(1),
      classes_(graph.classes()),
      training_(training),
      element_(element_of(options.precision)) {
  BuildContext build{.planner = *resources.planner,
                     .memory = *resources.memory,
                     .parameters = *resources.parameters,
                     .buffers = buffers_,
                     .batch = batch,
                     .training = training,
                     .seed = options.seed,
                     .layout = layout_for(graph)};
  const Image& image = graph.input();
  const ElementOrder order = element_orders(graph, build.layout).front();
  channels_ = order.channels;
  images_ = build.activation({image.channels, image.height, image.width}, order, element_, false);
  labels_ = static_cast<std::uint8_t*>(build.buffer("activations", static_cast<std::size_t>(batch)));
  add_ops(build, graph);
  find_logits(build, graph);
  context_ = {.stream = resources.stream,
              .state = resources.state,
              .workspace = build.buffer("workspaces", build.workspace)};
}

void Plan::add_ops(BuildContext& build, const Graph& graph) {
  output_ = images_;
  for (Fuser fuser(build, graph); !fuser.done();) {
    BuiltOp built = fuser.next(output_);
    if (built.op) ops_.push_back(std::move(built.op));
    output_ = built.result;
  }
}

void Plan::find_logits(BuildContext& build, const Graph& graph) {
  const std::span<const Node> nodes = graph.nodes();
  const bool dense_last = !nodes.empty() && std::holds_alternative<Linear>(nodes.back().layer);
  if (dense_last && training_)
    last_bias_gradient_ = resources_.parameters->at(Parameters::gradients, nodes.back().bias);
  // A dense layer gives float32 when it is the last; what else is last gives the precision's elements.
  logits_ = dense_last || element_ == Element::f32
                ? static_cast<float*>(output_.value)
                : static_cast<float*>(build.buffer(
                      "activations", static_cast<std::size_t>(batch_ * classes_) * sizeof(float)));
}

void Plan::train(const DeviceBatch& batch) {
  forward(batch);
  add_loss(labels_);
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) {
    const Range range("backward", (*op)->name());
    (*op)->backward(context_);
  }
  const Range range("update");
  resources_.parameters->update(resources_.state);
}

void Plan::evaluate(const DeviceBatch& batch) {
  forward(batch);
  if (batch.labels) add_loss(labels_);
}

void Plan::forward(const DeviceBatch& batch) {
  prepare(batch);
  for (const OpPtr& op : ops_) {
    const Range range("forward", op->name());
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
         .images = images,
         .batch_labels = batch.labels ? labels_ : nullptr,
         .count = batch_,
         .features = features_,
         .channels = channels_,
         .begin = {.state = training_ ? resources_.state : nullptr, .adam = adam_}},
        resources_.stream));
  };
  const Range range("prepare batch");
  if (element_ == Element::bf16)
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
                                                  .bias_gradient = gradient ? last_bias_gradient_ : nullptr,
                                                  .state = training_ ? resources_.state : nullptr,
                                                  .confusion = training_ ? nullptr : resources_.confusion},
                                                 resources_.stream));
  };
  const Range range("loss");
  void* const gradient = training_ ? output_.gradient : nullptr;
  if (element_ == Element::bf16)
    launch(static_cast<kernels::bf16*>(gradient));
  else
    launch(static_cast<float*>(gradient));
}

}  // namespace lenet::cuda
