#include "engine/cuda/conv.hpp"

#include <algorithm>
#include <cudnn_frontend.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/cuda/check_cudnn.hpp"
#include "engine/cuda/memory.hpp"

namespace lenet::cuda {

namespace fe = cudnn_frontend;
using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;

struct ConvDevice::State {
  cudnnHandle_t handle = nullptr;
  std::shared_ptr<fe::DeviceProperties> absent;

  ~State() {
    if (handle) cudnnDestroy(handle);
  }
};

ConvDevice::ConvDevice(cudaStream_t stream) : state_(std::make_unique<State>()) {
  LENET_CHECK(cudnnCreate(&state_->handle));
  LENET_CHECK(cudnnSetStream(state_->handle, stream));
}

ConvDevice::ConvDevice(const std::string& device_properties) : state_(std::make_unique<State>()) {
  state_->absent = std::make_shared<fe::DeviceProperties>();
  auto status = state_->absent->deserialize({device_properties.begin(), device_properties.end()});
  if (status.is_bad()) throw DeviceError("cuDNN: " + status.get_message());
}

ConvDevice::~ConvDevice() = default;

namespace {

enum Uid : std::int64_t { kX = 1, kW, kY, kBias, kOut };

constexpr std::int64_t kMostWorkspace = std::int64_t{256} << 20;

using Sizes = std::vector<std::int64_t>;

/// Strides of n×c×h×w in the layout.
Sizes strides(const Sizes& n_c_h_w, kernels::Layout layout) {
  const std::int64_t c = n_c_h_w[1], h = n_c_h_w[2], w = n_c_h_w[3];
  if (layout == kernels::Layout::channels_last) return {c * h * w, 1, w * c, c};
  return {c * h * w, h * w, w, 1};
}

fe::DataType_t type_of(Element element) {
  return element == Element::f32 ? fe::DataType_t::FLOAT : fe::DataType_t::BFLOAT16;
}

/// The graph of one convolution, with the tensors' numbers from Uid.
class Builder {
 public:
  Builder(const ConvShape& shape, Element element) : shape_(shape), element_(element) {
    graph_->set_io_data_type(type_of(element))
        .set_intermediate_data_type(fe::DataType_t::FLOAT)
        .set_compute_data_type(fe::DataType_t::FLOAT);
  }

  std::shared_ptr<fe::graph::Graph> build(ConvKind kind) {
    const Sizes x{shape_.samples, shape_.channels, shape_.height, shape_.width};
    const Sizes w{shape_.filters, shape_.channels, shape_.kernel, shape_.kernel};
    const Sizes y{shape_.samples, shape_.filters, shape_.output_height(), shape_.output_width()};
    if (kind == ConvKind::data_gradient) {
      const auto dgrad = convolution<fe::graph::Conv_dgrad_attributes>();
      output(graph_->conv_dgrad(input(kY, y), input(kW, w), dgrad), x);
    } else if (kind == ConvKind::weight_gradient) {
      const auto wgrad = convolution<fe::graph::Conv_wgrad_attributes>();
      output(graph_->conv_wgrad(input(kY, y), input(kX, x), wgrad), w);
    } else {
      const auto fprop = convolution<fe::graph::Conv_fprop_attributes>();
      Tensor result = graph_->conv_fprop(input(kX, x), input(kW, w), fprop);
      if (kind != ConvKind::forward) result = with_bias(result);
      if (kind == ConvKind::forward_bias_relu)
        result = graph_->pointwise(result,
                                   fe::graph::Pointwise_attributes().set_mode(fe::PointwiseMode_t::RELU_FWD));
      output(result, y);
    }
    return graph_;
  }

 private:
  template <class Attributes>
  Attributes convolution() const {
    return Attributes().set_padding({shape_.padding, shape_.padding}).set_stride({1, 1}).set_dilation({1, 1});
  }

  Tensor input(Uid uid, const Sizes& sizes) {
    return graph_->tensor(fe::graph::Tensor_attributes()
                              .set_uid(uid)
                              .set_dim(sizes)
                              .set_stride(strides(sizes, shape_.layout))
                              .set_data_type(type_of(element_)));
  }

  Tensor with_bias(const Tensor& convolved) {
    const Sizes sizes{1, shape_.filters, 1, 1};
    const Tensor bias = graph_->tensor(fe::graph::Tensor_attributes()
                                           .set_uid(kBias)
                                           .set_dim(sizes)
                                           .set_stride(strides(sizes, shape_.layout))
                                           .set_data_type(type_of(element_)));
    return graph_->pointwise(convolved, bias,
                             fe::graph::Pointwise_attributes().set_mode(fe::PointwiseMode_t::ADD));
  }

  /// Sizes and strides are said even where cuDNN could infer them: engines are found by them.
  void output(const Tensor& result, const Sizes& sizes) {
    result->set_output(true)
        .set_uid(kOut)
        .set_dim(sizes)
        .set_stride(strides(sizes, shape_.layout))
        .set_data_type(type_of(element_));
  }

  ConvShape shape_;
  Element element_;
  std::shared_ptr<fe::graph::Graph> graph_ = std::make_shared<fe::graph::Graph>();
};

/// Engines whose results would not be what the options ask for.
std::vector<fe::NumericalNote_t> refused(const MathOptions& math) {
  using Note = fe::NumericalNote_t;
  std::vector<Note> notes{Note::REDUCED_PRECISION_REDUCTION};
  if (math.deterministic) notes.push_back(Note::NONDETERMINISTIC);
  if (math.precision == Precision::fp32)  // tensor cores round float32 inputs to TF32
    notes.insert(notes.end(), {Note::TENSOR_CORE, Note::DOWN_CONVERT_INPUTS, Note::FFT, Note::WINOGRAD});
  return notes;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

class PlannedConv : public Conv {
 public:
  PlannedConv(std::shared_ptr<fe::graph::Graph> graph, cudnnHandle_t handle, ConvKind kind)
      : graph_(std::move(graph)), handle_(handle), kind_(kind) {}

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(graph_->get_workspace_size());
  }

  std::string engine() const override {
    std::string name;
    return graph_->get_plan_name(name).is_good() ? name : "unknown";
  }

  void run(const ConvArgs& args) const override {
    auto pointers = arguments(args);
    check_frontend(graph_->execute(handle_, pointers, args.workspace));
  }

  /// Times every plan on arrays of its own.
  void autotune(const ConvShape& shape);

  static void check_frontend(fe::error_t status) {
    if (status.is_bad())
      throw DeviceError("cuDNN: a convolution failed: " + first_line(status.get_message()));
  }

 private:
  using Pointers = std::unordered_map<std::int64_t, void*>;

  /// cuDNN takes no pointers to const, though it only reads these.
  Pointers arguments(const ConvArgs& args) const {
    Pointers pointers{{kOut, args.out}};
    const auto add = [&](Uid uid, const void* pointer) { pointers[uid] = const_cast<void*>(pointer); };
    if (kind_ != ConvKind::data_gradient) add(kX, args.x);
    if (kind_ != ConvKind::weight_gradient) add(kW, args.w);
    if (kind_ == ConvKind::data_gradient || kind_ == ConvKind::weight_gradient) add(kY, args.dy);
    if (kind_ == ConvKind::forward_bias || kind_ == ConvKind::forward_bias_relu) add(kBias, args.bias);
    return pointers;
  }

  std::shared_ptr<fe::graph::Graph> graph_;
  cudnnHandle_t handle_;
  ConvKind kind_;
};

void PlannedConv::autotune(const ConvShape& shape) {
  const auto count = [](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    return static_cast<std::size_t>(n * c * h * w);
  };
  const std::size_t x = count(shape.samples, shape.channels, shape.height, shape.width);
  const std::size_t w = count(shape.filters, shape.channels, shape.kernel, shape.kernel);
  const std::size_t y = count(shape.samples, shape.filters, shape.output_height(), shape.output_width());
  DeviceMemory scratch;
  const auto zeros = [&](std::size_t elements) {
    return scratch.allocate_zeroed("autotuning", elements * sizeof(float));
  };
  const DeviceBuffer x_data = zeros(x), w_data = zeros(w), y_data = zeros(y),
                     bias = zeros(static_cast<std::size_t>(shape.filters)), out = zeros(std::max({x, w, y})),
                     workspace = scratch.allocate(
                         "autotuning", static_cast<std::size_t>(graph_->get_autotune_workspace_size()));
  Pointers pointers = arguments(
      {.x = x_data.data(), .w = w_data.data(), .dy = y_data.data(), .bias = bias.data(), .out = out.data()});
  check_frontend(graph_->autotune(handle_, pointers, workspace.data()));
}

}  // namespace

ConvPlan plan_convolution(const ConvDevice& device, ConvKind kind, const ConvShape& shape,
                          const MathOptions& math) {
  const auto graph = Builder(shape, element_of(math.precision)).build(kind);
  const ConvDevice::State& state = device.state();
  if (state.absent) graph->set_device_properties(state.absent);
  PlannedConv::check_frontend(graph->validate());
  // Which of these calls fails for want of an engine, and with what code, changes with cuDNN's version.
  const auto none = [](fe::error_t status) { return ConvPlan{nullptr, first_line(status.get_message())}; };
  if (const auto status = graph->build_operation_graph(state.handle); status.is_bad()) return none(status);
  if (const auto status = graph->create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK});
      status.is_bad())
    return none(status);
  graph->deselect_numeric_notes(refused(math)).deselect_workspace_greater_than(kMostWorkspace);
  const bool all = math.autotune && !state.absent;
  const auto policy = all ? fe::BuildPlanPolicy_t::ALL : fe::BuildPlanPolicy_t::HEURISTICS_CHOICE;
  if (const auto status = graph->build_plans(policy); status.is_bad()) return none(status);
  auto planned = std::make_shared<PlannedConv>(graph, state.handle, kind);
  if (all) planned->autotune(shape);
  return {planned};
}

}  // namespace lenet::cuda
