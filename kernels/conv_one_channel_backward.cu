#include "kernels/one_channel_image.cuh"
#include "kernels/relu.hpp"

namespace lenet::kernels {
namespace {

// One a multiprocessor of the largest device: each leaves partial sums that the second kernel has to read.
constexpr std::int64_t kWantedBlocks = 132;
constexpr int kSums = kTaps + 1;  // a filter's weights and its bias

// One lane, one filter, its 26 sums in registers; one warp, one pooled position after the other of the
// block's samples. Each position has one winner, whose 5×5 pixels it multiplies with the gradient. Then the
// warps' sums are added up: the block leaves partial[block][sum][filter].
template <typename T>
__global__ void __launch_bounds__(kOneChannelBlock)
    conv_one_channel_backward_kernel(ConvOneChannelBackwardArgs<T> args, OneChannelImage image,
                                     std::int32_t parts) {
  LENET_SHARED(float, padded, kImageFloats);
  LENET_SHARED(float, warp_sums, kOneChannelWarps* kSums* kWarp);
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
  const auto warp = static_cast<std::int32_t>(threadIdx.x / kWarp);
  const std::int32_t filter = static_cast<std::int32_t>(blockIdx.y) * kWarp + lane;
  const bool active = filter < image.filters;

  float sums[kSums] = {};
  for (auto work = static_cast<std::int32_t>(blockIdx.x); work < image.samples * parts;
       work += static_cast<std::int32_t>(gridDim.x)) {
    const std::int32_t sample = work / parts;
    __syncthreads();  // all have read the image before
    load_padded(image, args.images, sample, padded);
    __syncthreads();
    if (!active) continue;
    const auto warps = static_cast<std::int32_t>(kOneChannelWarps);
    for (std::int32_t position = work % parts * warps + warp; position < image.positions();
         position += parts * warps) {
      const std::int32_t at = image.pooled(sample, position, filter);
      const float gradient = relu_gradient(to_float(args.gradient[at]), to_float(args.output[at]));
      const std::int32_t winner = args.winner[at];
      const std::int32_t y = 2 * (position / image.pooled_width) + winner / 2;
      const std::int32_t x = 2 * (position % image.pooled_width) + winner % 2;
      const float* top_left = padded + y * image.pitch + x;
#pragma unroll
      for (int tap = 0; tap < kTaps; ++tap)
        sums[tap] += gradient * top_left[tap / kOneChannelKernel * image.pitch + tap % kOneChannelKernel];
      sums[kTaps] += gradient;
    }
  }

#pragma unroll
  for (int k = 0; k < kSums; ++k) warp_sums[(warp * kSums + k) * kWarp + lane] = sums[k];
  __syncthreads();
  float* partial = args.workspace + (blockIdx.y * gridDim.x + blockIdx.x) * (kSums * kWarp);
  for (unsigned i = threadIdx.x; i < kSums * kWarp; i += kOneChannelBlock) {
    float sum = 0;
    for (unsigned w = 0; w < kOneChannelWarps; ++w) sum += warp_sums[w * (kSums * kWarp) + i];
    partial[i] = sum;
  }
}

// One block, one of the 26 sums of 32 filters; one lane, one filter; one warp, every eighth of the partial
// sums.
__global__ void __launch_bounds__(kOneChannelBlock)
    add_partial_sums_kernel(const float* partials, unsigned count, std::int32_t filters,
                            float* weight_gradient, float* bias_gradient) {
  LENET_SHARED(float, warp_sums, kOneChannelBlock);
  const unsigned lane = threadIdx.x % kWarp;
  const unsigned k = blockIdx.x;
  float sum = 0;
  for (unsigned block = threadIdx.x / kWarp; block < count; block += kOneChannelWarps)
    sum += partials[((blockIdx.y * count + block) * kSums + k) * kWarp + lane];
  warp_sums[threadIdx.x] = sum;
  __syncthreads();
  const auto filter = static_cast<std::int32_t>(blockIdx.y * kWarp + lane);
  if (threadIdx.x >= kWarp || filter >= filters) return;
  for (unsigned w = 1; w < kOneChannelWarps; ++w) sum += warp_sums[w * kWarp + lane];
  if (k < kTaps) {
    weight_gradient[filter * kTaps + static_cast<std::int32_t>(k)] = sum;
  } else {
    bias_gradient[filter] = sum;
  }
}

}  // namespace

std::size_t conv_one_channel_workspace_bytes(const OneChannelShape& shape) {
  OneChannelImage image;
  if (!one_channel_image(shape, image)) return 0;
  const OneChannelGrid grid = one_channel_grid(image, kWantedBlocks);
  return sizeof(float) * kSums * kWarp * grid.groups * grid.blocks;
}

template <typename T>
cudaError_t launch_conv_one_channel_backward(const ConvOneChannelBackwardArgs<T>& args, cudaStream_t stream) {
  OneChannelImage image;
  if (!one_channel_image(args.shape, image) || !args.workspace) return cudaErrorInvalidValue;
  const OneChannelGrid grid = one_channel_grid(image, kWantedBlocks);
  LENET_LAUNCH(conv_one_channel_backward_kernel<T>, dim3(grid.blocks, grid.groups), kOneChannelBlock, stream,
               args, image, grid.parts);
  LENET_LAUNCH(add_partial_sums_kernel, dim3(kSums, grid.groups), kOneChannelBlock, stream, args.workspace,
               grid.blocks, image.filters, args.weight_gradient, args.bias_gradient);
  return cudaGetLastError();
}

template cudaError_t launch_conv_one_channel_backward(const ConvOneChannelBackwardArgs<float>&, cudaStream_t);
template cudaError_t launch_conv_one_channel_backward(const ConvOneChannelBackwardArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
