#include "kernels/element.cuh"
#include "kernels/launch_convert.hpp"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;

// Each thread converts four elements at a time, grid-stride.
template <typename Args>
__global__ void convert_kernel(Args args, bool aligned) {
  for (std::int64_t block = global_thread(); 4 * block < args.count; block += all_threads())
    store4(args.to, block, args.count, aligned, load4(args.from, block, args.count, aligned));
}

template <typename Args>
cudaError_t launch(const Args& args, cudaStream_t stream) {
  if (args.count < 1) return cudaErrorInvalidValue;
  LENET_LAUNCH(convert_kernel<Args>, grid_stride_blocks(ceil_divide(args.count, 4), kBlock), kBlock, stream,
               args, aligned4(args.from, args.to));
  return cudaGetLastError();
}

}  // namespace

cudaError_t launch_convert(const ConvertArgs& args, cudaStream_t stream) { return launch(args, stream); }

cudaError_t launch_widen(const WidenArgs& args, cudaStream_t stream) { return launch(args, stream); }

}  // namespace lenet::kernels
