#include <limits>

#include "kernels/conv_relu_pool.cuh"
#include "kernels/max_pool.hpp"
#include "kernels/relu.hpp"

namespace lenet::kernels {
namespace {

constexpr std::int64_t kWantedBlocks = 264;      // two per multiprocessor of the largest device
constexpr int kReach = kConvReluPoolKernel + 1;  // rows and columns of input for a 2×2 window of outputs

struct Window {
  float value[4];
};

/// Computes the 2×2 outputs of a pooled position, before bias and ReLU. Six rows of six pixels are the input
/// of 100 products; all lanes read the same pixels, so each read is one broadcast.
__device__ Window convolve_window(const float* top_left, std::int32_t pitch, const float (&weights)[kTaps]) {
  Window window{};
#pragma unroll
  for (int row = 0; row < kReach; ++row) {
    float pixels[kReach];
#pragma unroll
    for (int pair = 0; pair < kReach / 2; ++pair) {
      const float2 two = reinterpret_cast<const float2*>(top_left + row * pitch)[pair];
      pixels[2 * pair] = two.x;
      pixels[2 * pair + 1] = two.y;
    }
#pragma unroll
    for (int y = 0; y < 2; ++y) {
      if (row < y || row - y >= kConvReluPoolKernel) continue;
#pragma unroll
      for (int tap = 0; tap < kConvReluPoolKernel; ++tap) {
        window.value[2 * y] += weights[(row - y) * kConvReluPoolKernel + tap] * pixels[tap];
        window.value[2 * y + 1] += weights[(row - y) * kConvReluPoolKernel + tap] * pixels[tap + 1];
      }
    }
  }
  return window;
}

// Each lane has one filter, with its 25 weights in registers. Each warp goes through pooled positions of the
// block's samples, whose padded images are in shared memory one after the other.
template <typename T>
__global__ void __launch_bounds__(kConvReluPoolBlock)
    conv_relu_pool_kernel(ConvReluPoolArgs<T> args, ConvReluPoolExtents extents, std::int32_t parts) {
  LENET_SHARED(float2, shared_image, kImageFloats / 2);
  LENET_SHARED(float, shared_weights, kWarp* kTaps);
  auto* padded = reinterpret_cast<float*>(shared_image);
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
  const auto warp = static_cast<std::int32_t>(threadIdx.x / kWarp);
  const auto first_filter = static_cast<std::int32_t>(blockIdx.y) * kWarp;
  const std::int32_t filter = first_filter + lane;
  const bool active = filter < extents.filters;

  for (auto i = static_cast<std::int32_t>(threadIdx.x); i < kWarp * kTaps; i += kConvReluPoolBlock)
    shared_weights[i] =
        first_filter * kTaps + i < extents.filters * kTaps ? args.weights[first_filter * kTaps + i] : 0.0f;
  __syncthreads();
  float weights[kTaps];
#pragma unroll
  for (int tap = 0; tap < kTaps; ++tap) weights[tap] = shared_weights[lane * kTaps + tap];
  const float bias = active ? args.bias[filter] : 0.0f;

  for (auto work = static_cast<std::int32_t>(blockIdx.x); work < extents.samples * parts;
       work += static_cast<std::int32_t>(gridDim.x)) {
    const std::int32_t sample = work / parts;
    __syncthreads();  // all threads have read the previous image
    load_padded(extents, args.images, sample, padded);
    __syncthreads();
    const auto warps = static_cast<std::int32_t>(kConvReluPoolWarps);
    for (std::int32_t position = work % parts * warps + warp; position < extents.positions();
         position += parts * warps) {
      const std::int32_t y = 2 * (position / extents.pooled_width);
      const std::int32_t x = 2 * (position % extents.pooled_width);
      const Window window = convolve_window(padded + y * extents.pitch + x, extents.pitch, weights);
      float max = window.value[0];
      int argmax = 0;
#pragma unroll
      for (int k = 1; k < 4; ++k) {
        if (exceeds_max(window.value[k], max)) {
          max = window.value[k];
          argmax = k;
        }
      }
      if (!active) continue;
      const std::int32_t at = extents.pooled_offset(sample, position, filter);
      args.output[at] = from_float<T>(relu(max + bias));
      if (args.argmax) args.argmax[at] = static_cast<std::uint8_t>(argmax);
    }
  }
}

}  // namespace

std::optional<ConvReluPoolExtents> conv_relu_pool_extents(const ConvReluPoolShape& shape) {
  if (shape.samples < 1 || shape.filters < 1 || shape.padding < 0 || shape.padding > 2) return std::nullopt;
  if (shape.height < 1 || shape.width < 1 || shape.height > kImageFloats || shape.width > kImageFloats)
    return std::nullopt;
  if (shape.pooled_height() < 1 || shape.pooled_width() < 1) return std::nullopt;
  // Even, because pixels are read in pairs; not a multiple of 32, or lanes whose argmax is in different rows
  // would read from one memory bank.
  std::int64_t pitch = round_up(shape.width + 2 * shape.padding, 2);
  if (pitch % kWarp == 0) pitch += 2;
  if ((shape.height + 2 * shape.padding) * pitch > kImageFloats) return std::nullopt;
  // A padded image has at most one pooled position per four floats.
  constexpr std::int64_t kMaxOutputs = std::numeric_limits<std::int32_t>::max() / (kImageFloats / 4);
  if (shape.filters > kMaxOutputs || shape.samples > kMaxOutputs / shape.filters) return std::nullopt;
  const auto narrow = [](std::int64_t size) { return static_cast<std::int32_t>(size); };
  return ConvReluPoolExtents{
      narrow(shape.samples), narrow(shape.filters),         narrow(shape.height),         narrow(shape.width),
      narrow(shape.padding), narrow(shape.pooled_height()), narrow(shape.pooled_width()), narrow(pitch)};
}

bool conv_relu_pool_fits(const ConvReluPoolShape& shape) { return conv_relu_pool_extents(shape).has_value(); }

ConvReluPoolGrid conv_relu_pool_grid(const ConvReluPoolExtents& extents, std::int64_t wanted) {
  const std::int64_t groups = ceil_divide(extents.filters, kWarp);
  const std::int64_t per_group = wanted / groups < 1 ? 1 : wanted / groups;
  const std::int64_t parts = per_group / extents.samples < 1 ? 1 : per_group / extents.samples;
  const std::int64_t work = extents.samples * parts;
  return {static_cast<unsigned>(groups), static_cast<unsigned>(work < per_group ? work : per_group),
          static_cast<std::int32_t>(parts)};
}

template <typename T>
cudaError_t launch_conv_relu_pool(const ConvReluPoolArgs<T>& args, cudaStream_t stream) {
  const auto extents = conv_relu_pool_extents(args.shape);
  if (!extents) return cudaErrorInvalidValue;
  const ConvReluPoolGrid grid = conv_relu_pool_grid(*extents, kWantedBlocks);
  LENET_LAUNCH(conv_relu_pool_kernel<T>, dim3(grid.blocks, grid.groups), kConvReluPoolBlock, stream, args,
               *extents, grid.parts);
  return cudaGetLastError();
}

template cudaError_t launch_conv_relu_pool(const ConvReluPoolArgs<float>&, cudaStream_t);
template cudaError_t launch_conv_relu_pool(const ConvReluPoolArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
