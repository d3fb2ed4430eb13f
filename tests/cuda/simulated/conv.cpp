#include <algorithm>
#include <vector>

#include "engine/cuda/libraries/cudnn_conv.hpp"
#include "tests/cuda/simulated/elements.hpp"
#include "tests/cuda/simulated/workspace.hpp"

// Stands in for engine/cuda/libraries/cudnn_conv.cpp, and for cuDNN, where the backend runs on the simulator.
namespace lenet::cuda {

struct ConvDevice::State {
  cudaStream_t stream = nullptr;
};

ConvDevice::ConvDevice(cudaStream_t stream) : state_(std::make_unique<State>()) { state_->stream = stream; }
ConvDevice::~ConvDevice() = default;

namespace {

constexpr std::size_t kWorkspace = 200;

/// Returns the index of an element of a 4-D array.
struct Strides {
  Strides(std::int64_t channels, std::int64_t height, std::int64_t width, kernels::Layout layout) {
    const bool last = layout == kernels::Layout::channels_last;
    n = channels * height * width;
    c = last ? 1 : height * width;
    h = last ? width * channels : width;
    w = last ? channels : 1;
  }
  std::int64_t at(std::int64_t in, std::int64_t ic, std::int64_t ih, std::int64_t iw) const {
    return in * n + ic * c + ih * h + iw * w;
  }
  std::int64_t n, c, h, w;
};

/// Calls visit(x, w, y) with the indices of every product of a convolution.
template <class Visit>
void for_each_product(const ConvShape& s, const Visit& visit) {
  const std::int64_t rows = s.output_height(), columns = s.output_width();
  const Strides x(s.channels, s.height, s.width, s.layout), w(s.channels, s.kernel, s.kernel, s.layout),
      y(s.filters, rows, columns, s.layout);
  for (std::int64_t n = 0; n < s.samples; ++n)
    for (std::int64_t k = 0; k < s.filters; ++k)
      for (std::int64_t p = 0; p < rows; ++p)
        for (std::int64_t q = 0; q < columns; ++q)
          for (std::int64_t c = 0; c < s.channels; ++c)
            for (std::int64_t r = 0; r < s.kernel; ++r)
              for (std::int64_t t = 0; t < s.kernel; ++t) {
                const std::int64_t h = p + r - s.padding, v = q + t - s.padding;
                if (h < 0 || h >= s.height || v < 0 || v >= s.width) continue;
                visit(x.at(n, c, h, v), w.at(k, c, r, t), y.at(n, k, p, q));
              }
}

std::int64_t results(ConvKind kind, const ConvShape& s) {
  if (kind == ConvKind::data_gradient) return s.samples * s.channels * s.height * s.width;
  if (kind == ConvKind::weight_gradient) return s.filters * s.channels * s.kernel * s.kernel;
  return s.samples * s.filters * s.output_height() * s.output_width();
}

void convolve(ConvKind kind, const ConvShape& s, DType element, const ConvArgs& args) {
  std::vector<double> sums(static_cast<std::size_t>(results(kind, s)));
  const auto product = [&](const void* a, std::int64_t i, const void* b, std::int64_t j) {
    return static_cast<double>(read(a, i, element)) * static_cast<double>(read(b, j, element));
  };
  for_each_product(s, [&](std::int64_t x, std::int64_t w, std::int64_t y) {
    if (kind == ConvKind::data_gradient)
      sums[static_cast<std::size_t>(x)] += product(args.w, w, args.dy, y);
    else if (kind == ConvKind::weight_gradient)
      sums[static_cast<std::size_t>(w)] += product(args.x, x, args.dy, y);
    else
      sums[static_cast<std::size_t>(y)] += product(args.x, x, args.w, w);
  });
  const bool biased = kind == ConvKind::forward_bias || kind == ConvKind::forward_bias_relu;
  const std::int64_t pixels = s.output_height() * s.output_width();
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    const bool last = s.layout == kernels::Layout::channels_last;
    const std::int64_t filter = last ? index % s.filters : index / pixels % s.filters;
    if (biased) sums[i] += static_cast<double>(read(args.bias, filter, element));
    if (kind == ConvKind::forward_bias_relu && !(sums[i] > 0.0)) sums[i] = 0.0;  // NaN as well
    write(args.out, index, element, sums[i]);
  }
}

class SimulatedConv : public Conv {
 public:
  SimulatedConv(ConvKind kind, const ConvShape& shape, DType element, cudaStream_t stream)
      : kind_(kind), shape_(shape), element_(element), stream_(stream) {}
  // As in cuDNN, some engines need none.
  std::size_t workspace_bytes() const override { return kind_ == ConvKind::data_gradient ? 0 : kWorkspace; }
  std::string engine() const override { return "simulated"; }
  void run(const ConvArgs& args) const override {
    enqueue_product(
        stream_, args.workspace, workspace_bytes(),
        [kind = kind_, shape = shape_, element = element_, args] { convolve(kind, shape, element, args); });
  }

 private:
  ConvKind kind_;
  ConvShape shape_;
  DType element_;
  cudaStream_t stream_;
};

}  // namespace

// No engine fuses the ReLU for odd numbers of filters, so that the separate ReLU is tested, too.
ConvPlan plan_convolution(const ConvDevice& device, ConvKind kind, const ConvShape& shape,
                          const Numerics& numerics) {
  if (kind == ConvKind::forward_bias_relu && shape.filters % 2 == 1)
    return {nullptr, "an odd number of filters"};
  return {std::make_shared<SimulatedConv>(kind, shape, dtype_of(numerics.precision), device.state().stream)};
}

}  // namespace lenet::cuda
