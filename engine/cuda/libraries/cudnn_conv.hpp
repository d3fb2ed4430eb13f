#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <memory>
#include <string>

#include "engine/cuda/libraries/numerics.hpp"
#include "kernels/layout.hpp"

/// Convolutions by cuDNN's operation graphs. Only cudnn_conv.cpp and cudnn_graph.cpp include its headers.
namespace lenet::cuda {

/// A convolution with stride 1 and equal zero padding on all sides. Weights are
/// filters×channels×kernel×kernel in the order of the layout: O×H×W×I for channels_last.
struct ConvShape {
  std::int64_t samples = 0, channels = 0, height = 0, width = 0;  ///< of the input
  std::int64_t filters = 0, kernel = 0, padding = 0;
  kernels::Layout layout = kernels::Layout::channels_last;

  std::int64_t output_height() const { return height + 2 * padding - kernel + 1; }
  std::int64_t output_width() const { return width + 2 * padding - kernel + 1; }
  auto operator<=>(const ConvShape&) const = default;
};

/// forward…: y, with a bias and ReLU where the name has them. data_gradient: dx, with respect to the input.
/// weight_gradient: dw. All arrays have the precision's type, for which cuDNN has most engines; sums are in
/// float32.
enum class ConvKind { forward, forward_bias, forward_bias_relu, data_gradient, weight_gradient };

/// The arrays of a convolution. Each kind uses three of them, or four with a bias.
struct ConvArgs {
  const void* x = nullptr;     ///< the input; data_gradient writes it through `out`
  const void* w = nullptr;     ///< the weights
  const void* dy = nullptr;    ///< the output's gradient
  const void* bias = nullptr;  ///< filters
  void* out = nullptr;         ///< y, dx or dw
  void* workspace = nullptr;   ///< workspace_bytes()
};

/// The device that plans are built for: this process's, or one that is only described.
class ConvDevice {
 public:
  /// Takes the current device; convolutions run on `stream`. Throws DeviceError.
  explicit ConvDevice(cudaStream_t stream);
  /// Takes the device that cuDNN's device-properties JSON describes. Plans for it can be built, not run.
  explicit ConvDevice(const std::string& device_properties);
  ~ConvDevice();

  struct State;
  State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// A planned convolution.
class Conv {
 public:
  virtual ~Conv() = default;
  virtual std::size_t workspace_bytes() const = 0;
  /// cuDNN's name of the selected engine.
  virtual std::string engine() const = 0;
  virtual void run(const ConvArgs& args) const = 0;
};

/// A convolution's plan, or the reason why there is none.
struct ConvPlan {
  std::shared_ptr<const Conv> conv;  ///< null if cuDNN has no engine that the options allow
  std::string refusal = {};          ///< the reason if there is none
};

/// Throws DeviceError if the sizes fit no convolution, or if timing its engines fails.
ConvPlan plan_convolution(const ConvDevice& device, ConvKind kind, const ConvShape& shape,
                          const Numerics& numerics);

}  // namespace lenet::cuda
