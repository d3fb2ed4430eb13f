#include "engine/cuda/libraries/cudnn_conv.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/cuda/libraries/autotune.hpp"
#include "engine/cuda/libraries/check_cudnn.hpp"
#include "engine/cuda/libraries/cudnn_graph.hpp"
#include "engine/cuda/runtime/memory.hpp"

namespace lenet::cuda {

namespace fe = cudnn_frontend;
using FrontendGraph = std::shared_ptr<fe::graph::Graph>;

struct ConvDevice::State {
  cudnnHandle_t handle = nullptr;
  cudaStream_t stream = nullptr;
  std::shared_ptr<fe::DeviceProperties> absent;

  ~State() {
    if (handle) cudnnDestroy(handle);
  }
};

ConvDevice::ConvDevice(cudaStream_t stream) : state_(std::make_unique<State>()) {
  LENET_CHECK(cudnnCreate(&state_->handle));
  LENET_CHECK(cudnnSetStream(state_->handle, stream));
  state_->stream = stream;
}

ConvDevice::ConvDevice(const std::string& device_properties) : state_(std::make_unique<State>()) {
  state_->absent = std::make_shared<fe::DeviceProperties>();
  auto status = state_->absent->deserialize({device_properties.begin(), device_properties.end()});
  if (status.is_bad()) throw DeviceError("cuDNN: " + status.get_message());
}

ConvDevice::~ConvDevice() = default;

namespace {

constexpr std::int64_t kMaxWorkspace = std::int64_t{256} << 20;
// Number of plans to try, in the order of cuDNN's heuristic: there may be dozens, and a run waits while they
// are built.
constexpr std::size_t kMaxCandidates = 8;

/// Properties of engines whose results would violate the options.
std::vector<fe::NumericalNote_t> refused(const Numerics& numerics) {
  using Note = fe::NumericalNote_t;
  std::vector<Note> notes{Note::REDUCED_PRECISION_REDUCTION};
  if (numerics.deterministic) notes.push_back(Note::NONDETERMINISTIC);
  if (numerics.precision == Precision::fp32)  // tensor cores round float32 inputs to TF32
    notes.insert(notes.end(), {Note::TENSOR_CORE, Note::DOWN_CONVERT_INPUTS, Note::FFT, Note::WINOGRAD});
  return notes;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// The frontend's message about a failure, with cuDNN's own.
std::string reason(fe::error_t status) {
  std::array<char, 256> detail{};
  cudnnGetLastErrorString(detail.data(), detail.size());
  const std::string said = first_line(status.get_message()), more = first_line(detail.data());
  return more.empty() || said.find(more) != std::string::npos ? said : said + "; " + more;
}

void check_frontend(fe::error_t status) {
  if (status.is_bad()) throw DeviceError("cuDNN: a convolution failed: " + reason(status));
}

/// A graph with one of its plans.
class PlannedConv : public Conv {
 public:
  PlannedConv(FrontendGraph graph, std::int64_t plan, cudnnHandle_t handle, ConvKind kind)
      : graph_(std::move(graph)), plan_(plan), handle_(handle), kind_(kind) {}

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(graph_->get_workspace_size_plan_at_index(plan_));
  }

  std::string engine() const override {
    std::string name;
    return graph_->get_plan_name_at_index(plan_, name).is_good() ? name : "unknown";
  }

  void run(const ConvArgs& args) const override { check_frontend(execute(args)); }

  fe::error_t execute(const ConvArgs& args) const {
    auto pointers = arguments(args);
    return graph_->execute_plan_at_index(handle_, pointers, args.workspace, plan_);
  }

 private:
  /// cuDNN takes no pointers to const, although it only reads these.
  std::unordered_map<std::int64_t, void*> arguments(const ConvArgs& args) const {
    std::unordered_map<std::int64_t, void*> pointers{{kOut, args.out}};
    const auto add = [&](Uid uid, const void* pointer) { pointers[uid] = const_cast<void*>(pointer); };
    if (kind_ != ConvKind::data_gradient) add(kX, args.x);
    if (kind_ != ConvKind::weight_gradient) add(kW, args.w);
    if (kind_ == ConvKind::data_gradient || kind_ == ConvKind::weight_gradient) add(kY, args.dy);
    if (kind_ == ConvKind::forward_bias || kind_ == ConvKind::forward_bias_relu) add(kBias, args.bias);
    return pointers;
  }

  FrontendGraph graph_;
  std::int64_t plan_;
  cudnnHandle_t handle_;
  ConvKind kind_;
};

using Plans = std::vector<std::shared_ptr<const PlannedConv>>;

/// Returns the first `most` plans of the graph that cuDNN can build, in the order of its heuristic; `refusal`
/// is the reason if there is none.
Plans build_plans(const FrontendGraph& graph, cudnnHandle_t handle, ConvKind kind, std::size_t most,
                  std::string& refusal) {
  Plans plans;
  const std::int64_t count = graph->get_execution_plan_count();
  std::int64_t excluded = 0;
  std::string failure;
  for (std::int64_t i = 0; i < count && plans.size() < most; ++i) {
    auto status = graph->build_plan_at_index(i);
    if (status.is_good())
      plans.push_back(std::make_shared<PlannedConv>(graph, i, handle, kind));
    else if (status.get_message().find("Deselecting") != std::string::npos)
      ++excluded;
    else
      failure = reason(status);
  }
  if (!plans.empty()) return plans;
  refusal = std::to_string(excluded) + " of its " + std::to_string(count) + " engines are excluded";
  if (!failure.empty()) refusal += ", and of the last of the others it says: " + failure;
  return plans;
}

/// Runs the plans on arrays of random numbers.
std::shared_ptr<const PlannedConv> fastest_of(const Plans& plans, const ConvShape& shape,
                                              cudaStream_t stream) {
  const auto count = [](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    return static_cast<std::size_t>(n * c * h * w);
  };
  const std::size_t x = count(shape.samples, shape.channels, shape.height, shape.width);
  const std::size_t w = count(shape.filters, shape.channels, shape.kernel, shape.kernel);
  const std::size_t y = count(shape.samples, shape.filters, shape.output_height(), shape.output_width());
  std::size_t workspace_bytes = 0;
  for (const auto& plan : plans) workspace_bytes = std::max(workspace_bytes, plan->workspace_bytes());
  DeviceMemory memory;
  const auto drawn = [&](std::size_t elements) { return random_numbers(memory, elements, stream); };
  const DeviceBuffer x_data = drawn(x), w_data = drawn(w), y_data = drawn(y),
                     bias = drawn(static_cast<std::size_t>(shape.filters)), out = drawn(std::max({x, w, y})),
                     workspace = memory.allocate("autotuning", workspace_bytes);
  const ConvArgs args{.x = x_data.data(),
                      .w = w_data.data(),
                      .dy = y_data.data(),
                      .bias = bias.data(),
                      .out = out.data(),
                      .workspace = workspace.data()};
  std::vector<Candidate> candidates;
  for (const auto& plan : plans)
    candidates.push_back([&args, plan] { return plan->execute(args).is_good(); });
  return plans[autotune(stream, candidates)];
}

}  // namespace

ConvPlan plan_convolution(const ConvDevice& device, ConvKind kind, const ConvShape& shape,
                          const Numerics& numerics) {
  const FrontendGraph graph = conv_graph(kind, shape, dtype_of(numerics.precision));
  const ConvDevice::State& state = device.state();
  if (state.absent) graph->set_device_properties(state.absent);
  check_frontend(graph->validate());
  // Which of these calls fails for want of an engine, and with what code, changes with cuDNN's version: any
  // failure counts as that. Nothing is hidden by it: a caller that falls back on another kind meets it again.
  const auto none = [](fe::error_t status) { return ConvPlan{nullptr, reason(status)}; };
  if (auto status = graph->build_operation_graph(state.handle); status.is_bad()) return none(status);
  if (auto status = graph->create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK});
      status.is_bad())
    return none(status);
  graph->deselect_numeric_notes(refused(numerics)).deselect_workspace_greater_than(kMaxWorkspace);
  const bool tune = numerics.autotune && !state.absent;
  ConvPlan plan;
  const Plans plans = build_plans(graph, state.handle, kind, tune ? kMaxCandidates : 1, plan.refusal);
  if (!plans.empty()) plan.conv = tune ? fastest_of(plans, shape, state.stream) : plans.front();
  return plan;
}

}  // namespace lenet::cuda
