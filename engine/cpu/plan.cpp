#include "engine/cpu/plan.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/overloaded.hpp"

namespace lenet::cpu {
namespace {

/// Returns the margin of zeros that the first of these segments wants around its input. What works in place
/// passes on the wish of the segment behind it.
std::int64_t margin_for(std::span<const compile::Segment> segments) {
  for (const compile::Segment& segment : segments) {
    const Layer& layer = segment.main().layer;
    if (const auto* conv = std::get_if<Conv2d>(&layer))
      return conv->padding == Padding::same ? conv->kernel / 2 : 0;
    const bool in_place = std::holds_alternative<Relu>(layer) || std::holds_alternative<Dropout>(layer);
    if (!in_place || segment.pool) return 0;
  }
  return 0;
}

}  // namespace

Plan::Plan(const Graph& graph, const Kernels& kernels, const PlanOptions& options)
    : build_{.kernels = kernels,
             .threads = options.threads,
             .capacity = options.capacity,
             .training = options.training,
             .seed = options.seed,
             .buffers = &buffers_},
      parameters_(graph.parameters().size()) {
  add_ops(graph);
  add_stages();
}

void Plan::add_ops(const Graph& graph) {
  const std::vector<compile::Segment> all = compile::fuse(graph);
  std::span<const compile::Segment> segments = all;
  const auto first_is = [&]<class Kind>(Kind) {
    return !segments.empty() && std::holds_alternative<Kind>(segments.front().main().layer);
  };
  while (first_is(Flatten{})) segments = segments.subspan(1);
  // A dense layer reads the pixels themselves.
  Activation flowing;
  if (!first_is(Linear{})) flowing = add(make_input(build_, graph.input(), margin_for(segments)));
  for (; !segments.empty(); segments = segments.subspan(1)) flowing = add_segment(segments, flowing);

  auto loss = std::make_unique<LossOp>(build_, flowing);
  loss_ = loss.get();
  ops_.push_back(std::move(loss));
}

Activation Plan::add(BuiltOp built) {
  ops_.push_back(std::move(built.op));
  return built.result;
}

Activation Plan::add_segment(std::span<const compile::Segment> segments, Activation input) {
  const compile::Segment& segment = segments.front();
  const Node& main = segment.main();
  const std::int64_t margin = margin_for(segments.subspan(1));
  bool relu = segment.relu.has_value(), pool = segment.pool.has_value();  // still to be added
  Activation flowing =
      std::visit(Overloaded{
                     [&](const Conv2d&) {
                       relu = pool = false;
                       return add(make_conv(build_, segment, input, margin));
                     },
                     [&](const Linear&) {
                       const bool fused = std::exchange(relu, false);
                       return add(input.values ? make_dense(build_, main, fused, input)
                                               : make_pixel_dense(build_, main, fused, main.input.count()));
                     },
                     [&](const Flatten&) {
                       return input;
                     },  // the next op takes the features in the order in which they are
                     [&](const Relu&) { return input; },       // added below
                     [&](const MaxPool2d&) { return input; },  // added below
                     [&](const Dropout&) { return input; },    // added below
                 },
                 main.layer);
  if (relu) flowing = add(make_relu(build_, segment.at(*segment.relu).node, flowing));
  if (pool) flowing = add(make_max_pool(build_, segment.at(*segment.pool).node, flowing, margin));
  if (segment.dropout) flowing = add(make_dropout(build_, segment.at(*segment.dropout), flowing));
  return flowing;
}

void Plan::add_stages() {
  for (const auto& op : ops_) scratch_bytes_ = std::max(scratch_bytes_, op->scratch_bytes());
  for (const auto& op : ops_) op->add_forward(step_);
  if (!build_.training) return;
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) (*op)->add_backward(step_);
  for (Stages* const stages : {&step_, &updates_}) {
    stages->begin_stage();
    for (const auto& op : ops_) op->add_update(*stages);
  }
}

std::vector<ParameterLayout> Plan::parameter_layouts() const {
  std::vector<ParameterLayout> layouts(parameters_);
  for (const auto& op : ops_) op->describe_parameters(layouts);
  return layouts;
}

void Plan::bind(Parameters& parameters) {
  for (const auto& op : ops_) op->bind(parameters);
}

void Plan::weights_changed() {
  for (const auto& op : ops_) op->weights_changed();
}

void Plan::run(Team& team, const StepContext& context) { run(step_, team, context); }

void Plan::update_again(Team& team, const StepContext& context) { run(updates_, team, context); }

void Plan::run(Stages& stages, Team& team, const StepContext& context) {
  stages.prepare(context, team.threads(), scratch_bytes_);
  team.run(stages);
}

std::int64_t Plan::bytes() const {
  std::int64_t bytes = 0;
  for (const Buffer<float>& buffer : buffers_) bytes += buffer.bytes();
  return bytes;
}

}  // namespace lenet::cpu
