#include "kernels/conv_relu_pool.cuh"
#include "kernels/relu.hpp"

namespace lenet::kernels {
namespace {

// One per multiprocessor of the largest device: each writes partial sums that the second kernel has to read.
constexpr std::int64_t kWantedBlocks = 132;
constexpr int kSums = kTaps + 1;  // a filter's weights and its bias

// Each lane has one filter, with its 26 sums in registers. Each warp goes through pooled positions of the
// block's samples and multiplies the 5×5 pixels at the argmax with the gradient. Then the block adds up the
// sums of its warps and writes partial[block][sum][filter].
template <typename T>
__global__ void __launch_bounds__(kConvReluPoolBlock)
    conv_relu_pool_backward_kernel(ConvReluPoolBackwardArgs<T> args, ConvReluPoolExtents extents,
                                   std::int32_t parts) {
  LENET_SHARED(float, padded, kImageFloats);
  LENET_SHARED(float, warp_sums, kConvReluPoolWarps* kSums* kWarp);
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
  const auto warp = static_cast<std::int32_t>(threadIdx.x / kWarp);
  const std::int32_t filter = static_cast<std::int32_t>(blockIdx.y) * kWarp + lane;
  const bool active = filter < extents.filters;

  float sums[kSums] = {};
  for (auto work = static_cast<std::int32_t>(blockIdx.x); work < extents.samples * parts;
       work += static_cast<std::int32_t>(gridDim.x)) {
    const std::int32_t sample = work / parts;
    __syncthreads();  // all threads have read the previous image
    load_padded(extents, args.images, sample, padded);
    __syncthreads();
    if (!active) continue;
    const auto warps = static_cast<std::int32_t>(kConvReluPoolWarps);
    for (std::int32_t position = work % parts * warps + warp; position < extents.positions();
         position += parts * warps) {
      const std::int32_t at = extents.pooled_offset(sample, position, filter);
      const float gradient = relu_gradient(to_float(args.gradient[at]), to_float(args.output[at]));
      const std::int32_t argmax = args.argmax[at];
      const std::int32_t y = 2 * (position / extents.pooled_width) + argmax / 2;
      const std::int32_t x = 2 * (position % extents.pooled_width) + argmax % 2;
      const float* top_left = padded + y * extents.pitch + x;
#pragma unroll
      for (int tap = 0; tap < kTaps; ++tap)
        sums[tap] +=
            gradient * top_left[tap / kConvReluPoolKernel * extents.pitch + tap % kConvReluPoolKernel];
      sums[kTaps] += gradient;
    }
  }

#pragma unroll
  for (int k = 0; k < kSums; ++k) warp_sums[(warp * kSums + k) * kWarp + lane] = sums[k];
  __syncthreads();
  float* partial = args.workspace + (blockIdx.y * gridDim.x + blockIdx.x) * (kSums * kWarp);
  for (unsigned i = threadIdx.x; i < kSums * kWarp; i += kConvReluPoolBlock) {
    float sum = 0;
    for (unsigned w = 0; w < kConvReluPoolWarps; ++w) sum += warp_sums[w * (kSums * kWarp) + i];
    partial[i] = sum;
  }
}

// Each block adds up one of the 26 sums of 32 filters, one filter per lane; each of its eight warps takes
// every eighth partial sum.
__global__ void __launch_bounds__(kConvReluPoolBlock)
    add_partial_sums_kernel(const float* partials, unsigned count, std::int32_t filters,
                            float* weight_gradient, float* bias_gradient) {
  LENET_SHARED(float, warp_sums, kConvReluPoolBlock);
  const unsigned lane = threadIdx.x % kWarp;
  const unsigned k = blockIdx.x;
  float sum = 0;
  for (unsigned block = threadIdx.x / kWarp; block < count; block += kConvReluPoolWarps)
    sum += partials[((blockIdx.y * count + block) * kSums + k) * kWarp + lane];
  warp_sums[threadIdx.x] = sum;
  __syncthreads();
  const auto filter = static_cast<std::int32_t>(blockIdx.y * kWarp + lane);
  if (threadIdx.x >= kWarp || filter >= filters) return;
  for (unsigned w = 1; w < kConvReluPoolWarps; ++w) sum += warp_sums[w * kWarp + lane];
  if (k < kTaps) {
    weight_gradient[filter * kTaps + static_cast<std::int32_t>(k)] = sum;
  } else {
    bias_gradient[filter] = sum;
  }
}

}  // namespace

std::size_t conv_relu_pool_workspace_bytes(const ConvReluPoolShape& shape) {
  const auto extents = conv_relu_pool_extents(shape);
  if (!extents) return 0;
  const ConvReluPoolGrid grid = conv_relu_pool_grid(*extents, kWantedBlocks);
  return sizeof(float) * kSums * kWarp * grid.groups * grid.blocks;
}

template <typename T>
cudaError_t launch_conv_relu_pool_backward(const ConvReluPoolBackwardArgs<T>& args, cudaStream_t stream) {
  const auto extents = conv_relu_pool_extents(args.shape);
  if (!extents || !args.workspace) return cudaErrorInvalidValue;
  const ConvReluPoolGrid grid = conv_relu_pool_grid(*extents, kWantedBlocks);
  LENET_LAUNCH(conv_relu_pool_backward_kernel<T>, dim3(grid.blocks, grid.groups), kConvReluPoolBlock, stream,
               args, *extents, grid.parts);
  LENET_LAUNCH(add_partial_sums_kernel, dim3(kSums, grid.groups), kConvReluPoolBlock, stream, args.workspace,
               grid.blocks, extents->filters, args.weight_gradient, args.bias_gradient);
  return cudaGetLastError();
}

template cudaError_t launch_conv_relu_pool_backward(const ConvReluPoolBackwardArgs<float>&, cudaStream_t);
template cudaError_t launch_conv_relu_pool_backward(const ConvReluPoolBackwardArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
