#pragma once

#include <optional>

#include "kernels/block_sum.cuh"
#include "kernels/column_sum.hpp"

/// The common part of kernels that visit each element of a gradient once, optionally change it, and sum it
/// per channel: in two stages and always in the same order, without float atomics. Each of the blocks that
/// share a group of channels writes partial sums; the last block to finish (an integer counts them) adds
/// those up.
namespace lenet::kernels {

/// Shape of the gradient: samples × channels × pixels, in either layout. Dense layers have one pixel.
struct ColumnShape {
  std::int32_t samples = 0, channels = 0, pixels = 1;
  Layout layout = Layout::channels_last;
};

/// Position of one element.
struct ColumnElement {
  std::int32_t sample, channel, pixel;
  std::int32_t offset;  ///< in the array, in its layout
};

struct ColumnSumTarget {
  float* sums = nullptr;        ///< channels; null: nothing is summed
  unsigned* arrived = nullptr;  ///< one per group of blocks: 0 before and after a launch
  float* partials = nullptr;    ///< one per block and channel
};

/// A grid of blocks of kWarp × kColumnRows threads: x counts groups of channels, y blocks that share a group.
struct ColumnGrid {
  unsigned groups, sharing;
};

constexpr unsigned kColumnRows = 8;
constexpr unsigned kColumnBlock = kWarp * kColumnRows;

/// Returns nullopt if an index would not fit into 32 bits.
std::optional<ColumnShape> column_shape(std::int64_t samples, std::int64_t channels, std::int64_t pixels,
                                        Layout layout);
ColumnGrid column_grid(const ColumnShape& shape);
/// Splits up a workspace of column_sum_workspace_bytes().
ColumnSumTarget column_sum_target(const ColumnShape& shape, float* sums, void* workspace);

/// Sums this thread's share of element(position) over the block's channels. channels_last: lane x has channel
/// x of the group, row y takes every eighth pixel. channels_first: the group is one channel, all threads take
/// its pixels in turn.
template <Layout kLayout, typename Element>
__device__ float column_thread_sum(const ColumnShape& shape, const Element& element) {
  float sum = 0;
  const std::int32_t rows = shape.samples * shape.pixels;
  if constexpr (kLayout == Layout::channels_last) {
    const auto channel = static_cast<std::int32_t>(blockIdx.x * kWarp + threadIdx.x);
    if (channel >= shape.channels) return 0;
    const auto first = static_cast<std::int32_t>(blockIdx.y * kColumnRows + threadIdx.y);
    for (std::int32_t row = first; row < rows; row += static_cast<std::int32_t>(gridDim.y * kColumnRows))
      sum += element(
          ColumnElement{row / shape.pixels, channel, row % shape.pixels, row * shape.channels + channel});
  } else {
    const auto channel = static_cast<std::int32_t>(blockIdx.x);
    const auto first =
        static_cast<std::int32_t>(blockIdx.y * kColumnBlock + threadIdx.y * kWarp + threadIdx.x);
    for (std::int32_t row = first; row < rows; row += static_cast<std::int32_t>(gridDim.y * kColumnBlock)) {
      const std::int32_t sample = row / shape.pixels;
      const std::int32_t pixel = row % shape.pixels;
      sum += element(
          ColumnElement{sample, channel, pixel, (sample * shape.channels + channel) * shape.pixels + pixel});
    }
  }
  return sum;
}

/// Sums over the block: each lane of row 0 gets the sum of its channel (channels_first: of the one channel).
template <Layout kLayout>
__device__ float column_block_sum(float sum, float* values) {
  values[threadIdx.y * kWarp + threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0) return 0;
  for (unsigned row = 1; row < kColumnRows; ++row) sum += values[row * kWarp + threadIdx.x];
  return kLayout == Layout::channels_first ? warp_sum(sum) : sum;
}

/// Sums this thread's share of the partial sums that the blocks of its group have written.
template <Layout kLayout>
__device__ float column_partial_sum(const ColumnShape& shape, const float* partials) {
  constexpr bool kLast = kLayout == Layout::channels_last;
  const unsigned channel = kLast ? blockIdx.x * kWarp + threadIdx.x : blockIdx.x;
  float sum = 0;
  if (channel < static_cast<unsigned>(shape.channels)) {
    const unsigned first = kLast ? threadIdx.y : threadIdx.y * kWarp + threadIdx.x;
    for (unsigned block = first; block < gridDim.y; block += kLast ? kColumnRows : kColumnBlock)
      sum += __ldcg(
          &partials[block * static_cast<unsigned>(shape.channels) + channel]);  // from L2, past stale L1
  }
  return sum;
}

/// Calls `element` once per position, in any order and from any thread, and sums its results per channel.
template <Layout kLayout, typename Element>
__global__ void __launch_bounds__(kColumnBlock)
    column_sum_kernel(ColumnShape shape, Element element, ColumnSumTarget target) {
  LENET_SHARED(float, values, kColumnBlock);
  LENET_SHARED(unsigned, order, 1);
  const float thread_sum = column_thread_sum<kLayout>(shape, element);
  if (!target.sums) return;
  constexpr bool kLast = kLayout == Layout::channels_last;
  const unsigned channel = kLast ? blockIdx.x * kWarp + threadIdx.x : blockIdx.x;
  const bool writes =
      threadIdx.y == 0 && (kLast ? channel < static_cast<unsigned>(shape.channels) : threadIdx.x == 0);

  float sum = column_block_sum<kLayout>(thread_sum, values);
  if (gridDim.y > 1) {
    if (writes) target.partials[blockIdx.y * static_cast<unsigned>(shape.channels) + channel] = sum;
    __threadfence();  // the partial sums are there for all before the block counts as arrived
    __syncthreads();
    if (threadIdx.x == 0 && threadIdx.y == 0) order[0] = atomicAdd(&target.arrived[blockIdx.x], 1u);
    __syncthreads();
    if (order[0] != gridDim.y - 1) return;
    __threadfence();
    sum = column_block_sum<kLayout>(column_partial_sum<kLayout>(shape, target.partials), values);
    if (threadIdx.x == 0 && threadIdx.y == 0) target.arrived[blockIdx.x] = 0;
  }
  if (writes) target.sums[channel] = sum;
}

template <typename Element>
cudaError_t launch_column_sum(const ColumnShape& shape, const Element& element, const ColumnSumTarget& target,
                              cudaStream_t stream) {
  const ColumnGrid grid = column_grid(shape);
  const dim3 blocks(grid.groups, grid.sharing);
  const dim3 threads(kWarp, kColumnRows);
  if (shape.layout == Layout::channels_last) {
    LENET_LAUNCH((column_sum_kernel<Layout::channels_last, Element>), blocks, threads, stream, shape, element,
                 target);
  } else {
    LENET_LAUNCH((column_sum_kernel<Layout::channels_first, Element>), blocks, threads, stream, shape,
                 element, target);
  }
  return cudaGetLastError();
}

}  // namespace lenet::kernels
