#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <memory>
#include <string>

#include "engine/cuda/libraries/numerics.hpp"
#include "kernels/layout.hpp"

/// Convolutions by cuDNN's operation graphs, which conv.cpp and conv_graph.cpp alone know.
namespace lenet::cuda {

/// Stride 1, the same zero padding on every side. Weights lie as filters×channels×kernel×kernel in the order
/// of the layout: O×H×W×I for channels_last.
struct ConvShape {
  std::int64_t samples = 0, channels = 0, height = 0, width = 0;  ///< of the input
  std::int64_t filters = 0, kernel = 0, padding = 0;
  kernels::Layout layout = kernels::Layout::channels_last;

  std::int64_t output_height() const { return height + 2 * padding - kernel + 1; }
  std::int64_t output_width() const { return width + 2 * padding - kernel + 1; }
  auto operator<=>(const ConvShape&) const = default;
};

/// y: convolution, then a bias and ReLU if the name says so. dx: gradient of the input. dw: of the weights.
/// All arrays are of the precision's elements, for which cuDNN has most engines; sums are in float.
enum class ConvKind { forward, forward_bias, forward_bias_relu, data_gradient, weight_gradient };

/// What a convolution reads and writes. Each kind uses three of them, or four with a bias.
struct ConvArgs {
  const void* x = nullptr;     ///< the input; data_gradient writes it through `out`
  const void* w = nullptr;     ///< the weights
  const void* dy = nullptr;    ///< the output's gradient
  const void* bias = nullptr;  ///< filters
  void* out = nullptr;         ///< y, dx or dw
  void* workspace = nullptr;   ///< workspace_bytes()
};

/// Where plans are built for: this process's device, or one that is not there.
class ConvDevice {
 public:
  /// The current device; convolutions run on `stream`. Throws DeviceError.
  explicit ConvDevice(cudaStream_t stream);
  /// The device that cuDNN's device-properties JSON describes. Plans are built for it and cannot run.
  explicit ConvDevice(const std::string& device_properties);
  ~ConvDevice();

  struct State;
  State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// One convolution, planned.
class Conv {
 public:
  virtual ~Conv() = default;
  virtual std::size_t workspace_bytes() const = 0;
  /// The engine that was chosen, as cuDNN names it.
  virtual std::string engine() const = 0;
  virtual void run(const ConvArgs& args) const = 0;
};

/// A convolution's plan, or why there is none.
struct ConvPlan {
  std::shared_ptr<const Conv> conv;  ///< null if cuDNN has no engine for it that the options allow
  std::string refusal = {};          ///< why there is none
};

/// Throws DeviceError if the sizes fit no convolution, or if timing its engines fails.
ConvPlan plan_convolution(const ConvDevice& device, ConvKind kind, const ConvShape& shape,
                          const Numerics& numerics);

}  // namespace lenet::cuda
