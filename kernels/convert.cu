#include "kernels/convert.cuh"
#include "kernels/element.cuh"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;

// One thread, four elements, grid-stride.
__global__ void convert_kernel(ConvertArgs args, bool aligned) {
  for (std::int64_t block = global_thread(); 4 * block < args.count; block += all_threads())
    store4(args.to, block, args.count, aligned, load4(args.from, block, args.count, aligned));
}

}  // namespace

cudaError_t launch_convert(const ConvertArgs& args, cudaStream_t stream) {
  if (args.count < 1) return cudaErrorInvalidValue;
  LENET_LAUNCH(convert_kernel, grid_stride_blocks(ceil_divide(args.count, 4), kBlock), kBlock, stream, args,
               aligned4(args.from, args.to));
  return cudaGetLastError();
}

}  // namespace lenet::kernels
