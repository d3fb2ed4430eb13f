#include "kernels/dropout.hpp"
#include "kernels/element.cuh"
#include "kernels/launch_dropout.hpp"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;

template <typename T>
__device__ DropoutMask running_mask(const DropoutArgs<T>& args) {
  return dropout_mask(args.seed, static_cast<std::uint64_t>(args.state->step), args.layer, args.rate);
}

// Each thread takes the four elements that one block of Philox decides over, grid-stride.
template <typename T>
__global__ void dropout_kernel(DropoutArgs<T> args, bool aligned) {
  const DropoutMask mask = running_mask(args);
  for (std::int64_t block = global_thread(); 4 * block < args.count; block += all_threads()) {
    const float4 values = load4(args.input, block, args.count, aligned);
    const PhiloxWords words = dropout_words(mask, static_cast<std::uint32_t>(block));
    const float4 kept = make_float4(
        values.x * dropout_factor(mask, words.word[0]), values.y * dropout_factor(mask, words.word[1]),
        values.z * dropout_factor(mask, words.word[2]), values.w * dropout_factor(mask, words.word[3]));
    store4(args.output, block, args.count, aligned, kept);
  }
}

// Each thread takes one element of N×pixels×channels; the mask is in N×channels×pixels order. Grid-stride.
template <typename T>
__global__ void dropout_channels_last_kernel(DropoutArgs<T> args) {
  const DropoutMask mask = running_mask(args);
  for (std::int64_t i = global_thread(); i < args.count; i += all_threads()) {
    const std::int64_t channel = i % args.channels;
    const std::int64_t pixel = i / args.channels % args.pixels;
    const std::int64_t sample = i / args.channels / args.pixels;
    const std::int64_t place = (sample * args.channels + channel) * args.pixels + pixel;
    const PhiloxWords words = dropout_words(mask, static_cast<std::uint32_t>(place / 4));
    const auto lane = place % 4;
    const std::uint32_t word =
        lane < 2 ? (lane == 0 ? words.word[0] : words.word[1]) : (lane == 2 ? words.word[2] : words.word[3]);
    const float value = to_float(args.input[i]);
    args.output[i] = from_float<T>(value * dropout_factor(mask, word));
  }
}

}  // namespace

template <typename T>
cudaError_t launch_dropout(const DropoutArgs<T>& args, cudaStream_t stream) {
  if (args.count < 1 || args.channels < 1 || args.pixels < 1 || !args.state) return cudaErrorInvalidValue;
  if (!(args.rate >= 0.0f && args.rate < 1.0f)) return cudaErrorInvalidValue;
  if (args.channels > 1 && args.pixels > 1) {
    LENET_LAUNCH(dropout_channels_last_kernel<T>, grid_stride_blocks(args.count, kBlock), kBlock, stream,
                 args);
  } else {
    LENET_LAUNCH(dropout_kernel<T>, grid_stride_blocks(ceil_divide(args.count, 4), kBlock), kBlock, stream,
                 args, aligned4(args.input, args.output));
  }
  return cudaGetLastError();
}

template cudaError_t launch_dropout(const DropoutArgs<float>&, cudaStream_t);
template cudaError_t launch_dropout(const DropoutArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
