#include "kernels/cooperative.hpp"
#include "kernels/fused_block.cuh"
#include "kernels/launch_fused_steps.hpp"

namespace lenet::kernels {
namespace {

using namespace fused;

constexpr unsigned kMaxBlocks = 512;

Layout layout_of(const FusedNetwork& network, const FusedGrid& grid) {
  const bool hidden = network.units > 0;
  Layout layout;
  layout.row_pixels = round_up(hidden ? network.pixels : grid.share, kGroup);
  layout.row = layout.row_pixels / kGroup % 2 == 0 ? layout.row_pixels + kGroup : layout.row_pixels;
  layout.padded = round_up(grid.share, kTile);
  layout.pitch = layout.padded + 1;
  layout.hidden_bias = hidden ? layout.padded * layout.row_pixels : 0;
  layout.last_weight = layout.hidden_bias + (hidden ? layout.padded : 0);
  layout.last_bias = layout.last_weight + network.classes * layout.pitch;
  const std::int32_t parameters = round_up(layout.last_bias + network.classes, 4);

  std::int32_t next = parameters;
  const auto take = [&next](std::int32_t floats) {
    const std::int32_t begin = next;
    next += round_up(floats, 4);
    return begin;
  };
  layout.moment1 = take(network.adam ? parameters : 0);
  layout.moment2 = take(network.adam ? parameters : 0);
  layout.values = take(network.batch * layout.pitch);
  layout.value_gradients = take(hidden ? network.batch * layout.padded : 0);
  layout.logits = take(network.batch * network.classes);
  layout.parts = take(hidden ? static_cast<std::int32_t>(grid.threads) * kTile : 0);
  layout.losses = take(network.batch);
  layout.corrects = take(network.batch);
  layout.rates = take(kRates * static_cast<std::int32_t>(sizeof(StepState) / sizeof(float)));
  layout.index = take(kRing * network.batch);
  layout.images = take(grid.image_buffers * network.batch * layout.row / 4);
  layout.floats = next;
  return layout;
}

template <bool kHidden>
__global__ void __launch_bounds__(kMaxThreads) fused_steps_kernel(FusedStepsArgs args, Layout layout) {
  LENET_DYNAMIC_SHARED(float4, shared);
  Block<kHidden> block(args, layout, reinterpret_cast<float*>(shared));
  block.begin();
  for (std::int32_t step = 0; step < layout.steps; ++step) block.take_step(step);
  block.end();
}

auto kernel_for(const FusedNetwork& network) {
  return network.units > 0 ? fused_steps_kernel<true> : fused_steps_kernel<false>;
}

/// Whether images can be copied 16 bytes at a time.
bool has_vectors(const FusedStepsArgs& args) {
  const FusedNetwork& network = args.network;
  return network.pixels % kGroup == 0 && reinterpret_cast<std::uintptr_t>(args.pixels) % kGroup == 0 &&
         (network.units > 0 || args.grid.share % kGroup == 0);
}

bool is_valid(const FusedStepsArgs& args) {
  const FusedNetwork& network = args.network;
  return network.pixels > 0 && network.units >= 0 && network.classes > 0 &&
         network.classes <= kMaxFusedClasses && network.batch > 0 && args.samples > 0 &&
         args.grid.blocks > 0 && args.grid.share > 0 && args.grid.image_buffers > 0 &&
         network.batch <= static_cast<std::int32_t>(args.grid.threads) && args.grid.threads % kWarp == 0 &&
         args.grid.threads >= kRates && args.grid.threads <= kMaxThreads && args.dropout_rate >= 0.0f &&
         args.dropout_rate < 1.0f;
}

}  // namespace

std::optional<FusedGrid> fused_grid(const FusedNetwork& network, const FusedLimits& limits,
                                    unsigned threads) {
  constexpr std::int64_t kMinPixels = 32;  // of a block without hidden units
  const std::int64_t most = limits.blocks < static_cast<int>(kMaxBlocks) ? limits.blocks : kMaxBlocks;
  if (most < 1 || network.classes > kMaxFusedClasses || network.batch > static_cast<int>(threads))
    return std::nullopt;
  const std::int64_t inputs = network.inputs();
  std::int64_t share = ceil_divide(inputs, most);
  if (network.units == 0) share = share < kMinPixels ? kMinPixels : round_up(share, kGroup);
  const std::int64_t row = network.units > 0 ? network.pixels : network.classes;
  if (share * row * std::int64_t{sizeof(float)} > static_cast<std::int64_t>(limits.shared_bytes))
    return std::nullopt;  // also keeps what follows in 32 bits
  FusedGrid grid;
  grid.blocks = static_cast<unsigned>(ceil_divide(inputs, share));
  grid.threads = threads;
  grid.share = static_cast<std::int32_t>(share);
  for (grid.image_buffers = 2; grid.image_buffers > 0; --grid.image_buffers) {
    grid.shared_bytes = static_cast<std::size_t>(layout_of(network, grid).floats) * sizeof(float);
    if (grid.shared_bytes <= limits.shared_bytes) return grid;
  }
  return std::nullopt;
}

std::size_t fused_workspace_bytes(const FusedNetwork& network) {
  const auto logits = static_cast<std::size_t>(network.batch) * static_cast<std::size_t>(network.classes);
  return kRing * (logits * sizeof(unsigned long long) + sizeof(unsigned));
}

cudaError_t fused_limits(FusedLimits& limits) {
  int device = 0, shared = 0;
  if (const cudaError_t error = cooperative_multiprocessors(limits.blocks)) return error;
  if (const cudaError_t error = cudaGetDevice(&device)) return error;
  if (const cudaError_t error =
          cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device))
    return error;
  limits.shared_bytes = static_cast<std::size_t>(shared);
  return cudaSuccess;
}

cudaError_t prepare_fused_steps(const FusedNetwork& network, const FusedGrid& grid) {
  const auto kernel = kernel_for(network);
  FusedLimits limits;
  if (const cudaError_t error = fused_limits(limits)) return error;
  // All that there is, as the limit is the function's, and a program with a smaller grid would lower it for
  // this one.
  if (const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                     static_cast<int>(limits.shared_bytes)))
    return error;
  int per_multiprocessor = 0;
  if (const cudaError_t error = cudaOccupancyMaxActiveBlocksPerMultiprocessor(
          &per_multiprocessor, kernel, static_cast<int>(grid.threads), grid.shared_bytes))
    return error;
  const auto most = static_cast<unsigned>(limits.blocks * per_multiprocessor);
  return grid.blocks <= most ? cudaSuccess : cudaErrorCooperativeLaunchTooLarge;
}

cudaError_t launch_fused_steps(const FusedStepsArgs& args, cudaStream_t stream) {
  if (!is_valid(args)) return cudaErrorInvalidValue;
  Layout layout = layout_of(args.network, args.grid);
  layout.steps = static_cast<std::int32_t>(ceil_divide(args.samples, std::int64_t{args.network.batch}));
  layout.vectors = has_vectors(args);
  FusedStepsArgs copy = args;
  void* arguments[] = {&copy, &layout};
  return cudaLaunchCooperativeKernel(kernel_for(args.network), dim3(args.grid.blocks),
                                     dim3(args.grid.threads), arguments, args.grid.shared_bytes, stream);
}

}  // namespace lenet::kernels
