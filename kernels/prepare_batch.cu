#include "kernels/element.cuh"
#include "kernels/launch_prepare_batch.hpp"
#include "kernels/normalize.hpp"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;
constexpr std::int64_t kMaxBlocks = 1024;

// Each block prepares one sample at a time, each thread four of its pixels. One extra block begins the step,
// so that no other waits for Adam's powers.
template <typename T>
__global__ void prepare_batch_kernel(PrepareBatchArgs<T> args, unsigned blocks, bool aligned) {
  if (blockIdx.x == blocks) {
    if (threadIdx.x == 0) begin_step(args.begin);
    return;
  }
  const std::int64_t position = args.position ? *args.position : 0;
  for (std::int64_t sample = blockIdx.x; sample < args.count; sample += blocks) {
    const std::int64_t source = args.sample_index ? args.sample_index[position + sample] : sample;
    const std::uint8_t* pixels = args.pixels + source * args.features;
    T* images = args.images + sample * args.features;
    if (aligned) {
      for (std::int64_t i = threadIdx.x; i < args.features / 4; i += blockDim.x) {
        const uchar4 four = reinterpret_cast<const uchar4*>(pixels)[i];
        store_aligned4(
            images, i,
            make_float4(normalize(four.x), normalize(four.y), normalize(four.z), normalize(four.w)));
      }
    } else {
      const std::int64_t plane = args.features / args.channels;
      for (std::int64_t i = threadIdx.x; i < args.features; i += blockDim.x)
        images[i] = from_float<T>(normalize(pixels[i % args.channels * plane + i / args.channels]));
    }
    if (threadIdx.x == 0 && args.batch_labels) args.batch_labels[sample] = args.labels[source];
  }
}

}  // namespace

template <typename T>
cudaError_t launch_prepare_batch(const PrepareBatchArgs<T>& args, cudaStream_t stream) {
  if (args.count < 1 || args.features < 1 || (args.batch_labels && !args.labels) ||
      (args.position && !args.sample_index))
    return cudaErrorInvalidValue;
  if (args.channels < 1 || args.features % args.channels != 0) return cudaErrorInvalidValue;
  const auto blocks = static_cast<unsigned>(args.count < kMaxBlocks ? args.count : kMaxBlocks);
  const bool aligned = args.channels == 1 && args.features % 4 == 0 && aligned4(args.pixels, args.images);
  LENET_LAUNCH(prepare_batch_kernel<T>, blocks + (args.begin.state ? 1 : 0), kBlock, stream, args, blocks,
               aligned);
  return cudaGetLastError();
}

template cudaError_t launch_prepare_batch(const PrepareBatchArgs<float>&, cudaStream_t);
template cudaError_t launch_prepare_batch(const PrepareBatchArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
