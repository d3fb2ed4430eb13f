#include <limits>

#include "kernels/column_sum.cuh"

namespace lenet::kernels {
namespace {

// About two blocks per multiprocessor of the largest device.
constexpr std::int64_t kMaxBlocks = 264;
// Up to this many rows per channel, one block sums alone: a second stage would cost more than it saves.
constexpr std::int64_t kMaxRowsAlone = 8 * kColumnRows;
constexpr std::int64_t kRowsPerThread = 4;

}  // namespace

std::optional<ColumnShape> column_shape(std::int64_t samples, std::int64_t channels, std::int64_t pixels,
                                        Layout layout) {
  constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();
  if (samples < 1 || channels < 1 || pixels < 1) return std::nullopt;
  // Leaves room for the loops' last index, which may pass the end by up to two strides of the grid.
  constexpr std::int64_t kRoom = 2 * kMaxBlocks * kColumnBlock;
  if (samples > kMaxInt32 / pixels || samples * pixels > (kMaxInt32 - kRoom) / channels) return std::nullopt;
  return ColumnShape{static_cast<std::int32_t>(samples), static_cast<std::int32_t>(channels),
                     static_cast<std::int32_t>(pixels), layout};
}

ColumnGrid column_grid(const ColumnShape& shape) {
  const bool last = shape.layout == Layout::channels_last;
  const std::int64_t groups = last ? ceil_divide(shape.channels, kWarp) : shape.channels;
  const std::int64_t rows = static_cast<std::int64_t>(shape.samples) * shape.pixels;
  const std::int64_t at_once = last ? kColumnRows : kColumnBlock;
  const std::int64_t most = kMaxBlocks / groups < 1 ? 1 : kMaxBlocks / groups;
  const std::int64_t wanted =
      rows <= kMaxRowsAlone * at_once / kColumnRows ? 1 : ceil_divide(rows, kRowsPerThread * at_once);
  return {static_cast<unsigned>(groups), static_cast<unsigned>(wanted < most ? wanted : most)};
}

ColumnSumTarget column_sum_target(const ColumnShape& shape, float* sums, void* workspace) {
  if (!sums) return {};
  auto* arrived = static_cast<unsigned*>(workspace);
  return {sums, arrived, reinterpret_cast<float*>(arrived + column_grid(shape).groups)};
}

std::size_t column_sum_workspace_bytes(std::int64_t samples, std::int64_t channels, std::int64_t pixels,
                                       Layout layout) {
  const std::optional<ColumnShape> shape = column_shape(samples, channels, pixels, layout);
  if (!shape) return 0;
  const ColumnGrid grid = column_grid(*shape);
  return sizeof(unsigned) * grid.groups + sizeof(float) * grid.sharing * static_cast<std::size_t>(channels);
}

}  // namespace lenet::kernels
