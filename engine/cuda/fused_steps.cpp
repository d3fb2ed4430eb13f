#include "engine/cuda/fused_steps.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/nvtx.hpp"

namespace lenet::cuda {
namespace {

template <class LayerOf>
const LayerOf* layer_at(std::span<const Node> nodes, std::size_t index) {
  return index < nodes.size() ? std::get_if<LayerOf>(&nodes[index].layer) : nullptr;
}

/// Finds the layers: any Flatten; Linear, ReLU and perhaps Dropout, or none of them; Linear. Returns whether
/// the graph has that form.
bool find_layers(const Graph& graph, FusedFit& fit) {
  const std::span<const Node> nodes = graph.nodes();
  std::size_t next = 0;
  while (layer_at<Flatten>(nodes, next)) ++next;
  if (layer_at<Linear>(nodes, next) && layer_at<Relu>(nodes, next + 1)) {
    fit.hidden = &nodes[next];
    next += 2;
    if (const Dropout* const dropout = layer_at<Dropout>(nodes, next)) {
      fit.dropout_rate = dropout->rate;
      fit.dropout_layer = static_cast<std::uint32_t>(next++);
    }
  }
  if (!layer_at<Linear>(nodes, next) || next + 1 != nodes.size()) return false;
  fit.last = &nodes[next];
  return true;
}

/// Returns why the layers' sizes or the options do not suit the kernel; empty if they do.
std::string refusal_of(const Graph& graph, const CompileOptions& options, const FusedFit& fit) {
  constexpr std::int64_t kMaxInputs = std::numeric_limits<std::int32_t>::max() / 64;
  const std::int64_t units = fit.hidden ? fit.hidden->output[0] : 0;
  if (options.precision == Precision::bf16) return "it computes in float32, not in bf16";
  if (graph.input().channels > 1) return "it takes images with one channel";
  if (graph.classes() > kernels::kMaxFusedClasses)
    return "it takes at most " + std::to_string(kernels::kMaxFusedClasses) + " classes";
  if (options.training->batch > kernels::kMaxFusedBatch)
    return "it takes batches of at most " + std::to_string(kernels::kMaxFusedBatch);
  return std::max(units, graph.input_count()) > kMaxInputs ? "a layer is too large" : "";
}

}  // namespace

FusedFit fit_fused_steps(const Graph& graph, const CompileOptions& options) {
  FusedFit fit;
  if (!find_layers(graph, fit)) {
    fit.refusal = "it takes one hidden dense layer with ReLU, or none, and the last dense layer";
    return fit;
  }
  fit.refusal = refusal_of(graph, options, fit);
  if (!fit.refusal.empty()) return fit;
  fit.network = {.pixels = static_cast<std::int32_t>(graph.input_count()),
                 .units = fit.hidden ? static_cast<std::int32_t>(fit.hidden->output[0]) : 0,
                 .classes = static_cast<std::int32_t>(graph.classes()),
                 .batch = static_cast<std::int32_t>(options.training->batch),
                 .adam = std::holds_alternative<Adam>(options.training->optimizer)};
  kernels::FusedLimits limits;
  LENET_CHECK(kernels::fused_limits(limits));
  const auto grid = kernels::fused_grid(fit.network, limits);
  if (limits.blocks == 0) {
    fit.refusal = "the GPU has no cooperative launches";
  } else if (!grid) {
    fit.refusal = "the network is too large for the GPU's " + std::to_string(limits.blocks) +
                  " multiprocessors with " + std::to_string(limits.shared_bytes / 1024) +
                  " KiB of shared memory each";
  } else {
    const cudaError_t prepared = kernels::prepare_fused_steps(fit.network, *grid);
    if (prepared == cudaErrorCooperativeLaunchTooLarge)
      fit.refusal = "the GPU cannot run all its blocks at once";
    else
      LENET_CHECK(prepared);
    fit.grid = *grid;
  }
  return fit;
}

FusedSteps::FusedSteps(const FusedFit& fit, const TrainingOptions& training, const Parameters& parameters,
                       const Setting& setting, DeviceMemory& memory)
    : stream_(setting.stream),
      workspace_(memory.allocate_zeroed("workspaces", kernels::fused_workspace_bytes(fit.network))) {
  args_ = {.network = fit.network,
           .grid = fit.grid,
           .pixels = setting.data.pixels,
           .labels = setting.data.labels,
           .weights = parameters.at(Parameters::kWeights, 0),
           .gradients = parameters.at(Parameters::kGradients, 0),
           .moments = {parameters.at(Parameters::moment(0), 0), parameters.at(Parameters::moment(1), 0)},
           .optimizer = parameters.hyper(),
           .seed = training.seed,
           .dropout_layer = fit.dropout_layer,
           .dropout_rate = fit.dropout_rate,
           .state = setting.state,
           .metrics = setting.metrics,
           .workspace = workspace_.data()};
  const auto offset = [&](const Node& node, std::size_t which) {
    return parameters.at(Parameters::kWeights, node.parameters[which]) - args_.weights;
  };
  if (fit.hidden) {
    args_.offsets[kernels::kHiddenWeight] = offset(*fit.hidden, Linear::kWeight);
    args_.offsets[kernels::kHiddenBias] = offset(*fit.hidden, Linear::kBias);
    layers_.push_back(fit.hidden->name);
  }
  args_.offsets[kernels::kLastWeight] = offset(*fit.last, Linear::kWeight);
  args_.offsets[kernels::kLastBias] = offset(*fit.last, Linear::kBias);
  layers_.push_back(fit.last->name);
}

void FusedSteps::queue(const std::uint32_t* order, std::int64_t samples, std::int64_t first_step) {
  const NvtxRange range("fused steps");
  args_.order = order;
  args_.samples = samples;
  args_.first_step = first_step;
  LENET_CHECK(kernels::launch_fused_steps(args_, stream_));
}

std::vector<Implementation> FusedSteps::implementations() const {
  std::vector<Implementation> found;
  for (const std::string& layer : layers_)
    found.push_back({layer, "whole step",
                     "own kernel, " + std::to_string(args_.grid.blocks) + " blocks of " +
                         std::to_string(args_.grid.shared_bytes / 1024) + " KiB",
                     static_cast<std::int64_t>(kernels::fused_workspace_bytes(args_.network))});
  return found;
}

}  // namespace lenet::cuda
