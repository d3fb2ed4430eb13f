#include "engine/cpu/plan.hpp"

#include <utility>

#include "engine/core/overloaded.hpp"
#include "engine/cpu/parallel.hpp"
#include "kernels/normalize.hpp"

namespace lenet::cpu {
namespace {

LENET_EVERY_ISA void normalize_range(float* __restrict floats, const std::uint8_t* __restrict pixels,
                                     std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) floats[i] = kernels::normalize(pixels[i]);
}

/// Computes floats = pixels / 255.
void normalize(float* floats, const std::uint8_t* pixels, std::size_t count) {
  in_parallel(count,
              [&](std::size_t begin, std::size_t end) { normalize_range(floats, pixels, begin, end); });
}
/// Returns whether oneDNN selects the memory layout of a layer's result.
bool chooses_layout(const Layer& layer) {
  return std::visit(Overloaded{
                        [](const Conv2d&) { return true; },
                        [](const MaxPool2d&) { return true; },
                        [](const Linear&) { return false; },
                        [](const Relu&) { return false; },
                        [](const Flatten&) { return false; },
                        [](const Dropout&) { return false; },
                    },
                    layer);
}

}  // namespace

Plan::Plan(const dnnl::engine& engine, const Graph& graph, std::int64_t batch, const PlanOptions& options,
           std::vector<onednn::Desc>& layouts)
    : build_{.engine = engine,
             .batch = batch,
             .training = options.training,
             .seed = options.seed,
             .layouts = &layouts,
             .buffers = &buffers_} {
  const Image& image = graph.input();
  input_ = build_.activation(onednn::plain_layout({batch, image.channels, image.height, image.width}), false);
  add_ops(graph);
}

void Plan::add_ops(const Graph& graph) {
  Activation flowing = input_;
  bool pixels_are_rows = true;  // no layer so far let oneDNN select a layout
  for (const compile::Segment& segment : compile::fuse(graph)) {
    flowing = add_segment(segment, std::move(flowing), pixels_are_rows);
    for (const Node& node : segment.nodes) pixels_are_rows = pixels_are_rows && !chooses_layout(node.layer);
  }
  find_logits(flowing, graph.classes());
}

Activation Plan::add(BuiltOp built) {
  ops_.push_back(std::move(built.op));
  return std::move(built.result);
}

Activation Plan::add_segment(const compile::Segment& segment, Activation input, bool pixels_are_rows) {
  const Node& main = segment.main();
  const bool relu = segment.relu.has_value();
  bool relu_fused = false;
  Activation flowing =
      std::visit(Overloaded{
                     [&](const Conv2d&) {
                       relu_fused = relu;
                       return add(make_conv(build_, main, relu, input));
                     },
                     [&](const Linear&) {
                       relu_fused = relu;
                       return add(make_linear(build_, main, relu, input));
                     },
                     // Views pixels as rows. All other images stay images until a dense layer reads them in
                     // their layout. The decision depends on the graph, not on the layout, so that a dense
                     // layer's weights have the same rank in all plans of a program.
                     [&](const Flatten&) { return pixels_are_rows ? as_rows(main, input) : input; },
                     [&](const Relu&) { return input; },       // added below
                     [&](const MaxPool2d&) { return input; },  // added below
                     [&](const Dropout&) { return input; },    // added below
                 },
                 main.layer);
  if (relu)
    flowing = add(make_relu(segment.at(*segment.relu).node, relu_fused, segment.pool.has_value(), flowing));
  if (segment.pool) flowing = add(make_max_pool(build_, segment.at(*segment.pool).node, relu, flowing));
  if (segment.dropout) flowing = add(make_dropout(build_, segment.at(*segment.dropout), flowing));
  return flowing;
}

// Adds reorders for a graph that ends in flattened images, which are in oneDNN's layout: the loss reads rows
// of logits.
void Plan::find_logits(const Activation& output, std::int64_t classes) {
  const onednn::Desc plain = onednn::plain_layout(onednn::dims_of(output.value.get_desc()));
  const auto count = static_cast<std::size_t>(build_.batch * classes);
  logits_to_rows_ = Reorder(build_, output.value, plain);
  logits_ = {static_cast<float*>(logits_to_rows_.result().get_data_handle()), count};
  if (!output.wants_gradient()) return;
  rows_to_gradients_ = Reorder::onto(build_, output.gradient, plain);
  gradients_ = {static_cast<float*>(rows_to_gradients_.result().get_data_handle()), count};
}

Activation Plan::as_rows(const Node& node, const Activation& input) const {
  const onednn::Desc rows = onednn::plain_layout({build_.batch, node.output[0]});
  Activation flat{.value = {rows, build_.engine, input.values()}, .gradient = {}};
  if (input.wants_gradient()) flat.gradient = {rows, build_.engine, input.gradients()};
  return flat;
}

void Plan::bind(Parameters& parameters) {
  for (const OpPtr& op : ops_) op->bind(build_, parameters);
}

std::span<const float> Plan::forward(const StepContext& context, std::span<const std::uint8_t> pixels) {
  normalize(input_.values(), pixels.data(), pixels.size());
  for (const OpPtr& op : ops_) op->forward(context);
  logits_to_rows_.run(context);
  context.stream.wait();
  return logits_;
}

void Plan::backward(const StepContext& context) {
  rows_to_gradients_.run(context);
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) (*op)->backward(context);
  context.stream.wait();
}

std::int64_t Plan::bytes() const {
  std::size_t floats = 0;
  for (const Buffer& buffer : buffers_) floats += buffer.count();
  return static_cast<std::int64_t>(floats * sizeof(float));
}

}  // namespace lenet::cpu
