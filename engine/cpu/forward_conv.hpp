#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/stages.hpp"

/// The interface to the forward pass of convolutions. It is a plugin (engine/core/plugin.hpp) with oneDNN,
/// whose generated code runs near the processor's peak: networks without convolutions need no oneDNN, and
/// OpenMP, which comes with it, may bind threads to cores as soon as it is loaded.
namespace lenet::cpu {

/// Filters from the layout of parameters to oneDNN's.
struct FilterPacking {
  std::int64_t floats = 0;         ///< of all filters, with padding, which must be zero
  std::int64_t filter = 0;         ///< floats from one filter to the next in the layout of parameters
  std::vector<std::int32_t> from;  ///< offset in the filter of each tap
  std::vector<std::int32_t> to;    ///< place of each tap of each filter

  void pack(const float* weights, float* packed, Range filters) const;
};

/// The forward pass of a convolution, one image at a time.
class ForwardConv {
 public:
  virtual ~ForwardConv() = default;

  /// Computes one image in the caller's thread, and in no other; `thread`: one of 0 … threads, whose calls do
  /// not overlap. `image`: with its padding.
  virtual void run(int thread, const float* image, const float* packed, const float* bias, float* result,
                   std::byte* scratch) noexcept = 0;

  FilterPacking packing;
  ConvResult layout;               ///< of the result
  std::int64_t result_floats = 0;  ///< with what the pooling drops
  std::int64_t scratch_bytes = 0;  ///< that run() needs
  std::string implementation;      ///< oneDNN's name for it: "jit:avx2"
};

inline constexpr const char* kForwardConvFile = "liblenet_onednn.so";
inline constexpr const char* kForwardConvEntry = "lenet_onednn_plugin";

/// The table that the plugin's function returns.
struct ForwardConvPlugin {
  const char* stamp = nullptr;  ///< kForwardConvStamp of the plugin's build
  std::unique_ptr<ForwardConv> (*make)(const ConvGeometry& geometry, std::int64_t lanes,
                                       int threads) = nullptr;
};

/// The number increases by one whenever a change to this file or its includes makes old plugins incompatible.
inline constexpr const char* kForwardConvStamp = "lenet oneDNN 1, compiler " __VERSION__;

/// `lanes`: floats in a register. Loads the plugin at the first call. Throws DeviceError if that fails or
/// oneDNN cannot compute the convolution.
std::unique_ptr<ForwardConv> make_forward_conv(const ConvGeometry& geometry, std::int64_t lanes, int threads);

}  // namespace lenet::cpu
