#pragma once

#include <cstdint>

#include "engine/cpu/update_rule.hpp"
#include "kernels/dropout.hpp"

/// The loops in which a step spends its time, for the best instruction set of this processor. Most of them
/// multiply a sparse matrix by a dense one: ReLU, dropout, max-pooling and the black pixels of the images
/// leave most values exactly zero. Every sum is added up in an order that depends on the data alone, never on
/// the number of threads.
namespace lenet::cpu {

/// Pixels of images in memory, channels innermost, are `kChannelBlock` floats or a multiple of it apart, so
/// that a pixel's channels fill whole registers of every instruction set.
inline constexpr std::int64_t kChannelBlock = 16;

/// Lists may be written this many elements beyond their ends.
inline constexpr std::int64_t kListSlack = 16;

/// Windows of a pooling have at most this many rows and columns: an argmax has 16 bits.
inline constexpr std::int64_t kLargestWindow = 255;

/// Rows of a sparse matrix: row r holds counts[r] nonzero values and, for each, the offset in floats of the
/// dense row that it is multiplied by.
struct SparseRows {
  std::int32_t* offsets = nullptr;
  float* values = nullptr;
  std::int32_t* counts = nullptr;
  std::int64_t capacity = 0;  ///< elements from the start of one row to that of the next

  SparseRows from(std::int64_t row) const {
    return {offsets + row * capacity, values + row * capacity, counts + row, capacity};
  }
  /// Appends a value to the first row unless it is zero. Writes in any case and counts only what is not zero:
  /// a processor cannot predict such branches.
  void append(float value, std::int64_t offset) const {
    offsets[*counts] = static_cast<std::int32_t>(offset);
    values[*counts] = value;
    *counts += value != 0.0f;
  }
};

/// A convolution and the pooling after it, in floats: rows of an image are `image_row` apart, its pixels
/// `image_pixel`. The image has `padding` pixels of zeros on each side.
struct ConvGeometry {
  std::int64_t kernel = 0, padding = 0;
  std::int64_t image_height = 0, image_width = 0;  ///< without padding
  std::int64_t image_row = 0, image_pixel = 0;
  std::int64_t height = 0, width = 0;  ///< of the convolution's result, without what pooling drops
  std::int64_t filters = 0;            ///< rounded up to kChannelBlock
  std::int64_t window = 1;             ///< of the pooling; 1: there is none
  std::int64_t pooled_row = 0;         ///< from one row of the pooled image to the next
  std::int64_t kernel_row = 0;         ///< from one row of a filter to the next: kernel × pixels, rounded up
  const std::int32_t* shift = nullptr;  ///< per element of a window: its offset in the image
  bool relu = false;                    ///< between the convolution and the pooling

  std::int64_t pooled_height() const { return height / window; }
  std::int64_t pooled_width() const { return width / window; }
  std::int64_t positions() const { return pooled_height() * pooled_width(); }
  std::int64_t filter() const { return kernel * kernel_row; }
};

/// Where the values of a convolution's result lie: its filters in blocks, or all in one.
struct ConvResult {
  std::int64_t pixel = 0;       ///< floats from one pixel of a block to the next
  std::int64_t row = 0;         ///< floats from one row of a block to the next
  std::int64_t block = 0;       ///< filters per block, a multiple of the lanes
  std::int64_t block_step = 0;  ///< floats from one block to the next
};

/// Pools one image's result of a convolution, and applies the ReLU if the geometry has one.
struct ConvPool {
  const ConvGeometry* geometry = nullptr;
  const float* values = nullptr;
  ConvResult layout;
  float* pooled = nullptr;          ///< the result
  std::uint16_t* argmax = nullptr;  ///< positions × filters: element of the window; null: not wanted
};

/// The gradient of one image's pooled result. The gradient passes to the argmax of each window.
struct ConvGradient {
  const ConvGeometry* geometry = nullptr;
  const float* pooled_gradient = nullptr;
  const std::uint16_t* argmax = nullptr;
};

/// The gradient with respect to one image.
struct ConvDataGradient {
  ConvGradient gradient;
  const float* weights = nullptr;   ///< filters of geometry.filter() floats
  float* image_gradient = nullptr;  ///< with padding, whose values have no meaning
  SparseRows scratch;               ///< a row per element of a window, of `filters` elements
};

/// The gradient with respect to the filters from `first` to `last`, a sum over `samples` images.
struct ConvWeightGradient {
  ConvGradient gradient;  ///< of the first image
  const float* image = nullptr;
  std::int64_t samples = 0;
  std::int64_t image_sample = 0, pooled_sample = 0;  ///< floats from one image to the next
  std::int64_t first = 0, last = 0;                  ///< at most kChannelBlock filters
  float* sums = nullptr;                             ///< (last - first) filters
  float* bias_sums = nullptr;                        ///< kChannelBlock floats
  SparseRows scratch;  ///< a row of `positions` elements for each of these filters
};

/// result = W x + b for some samples and units, `inputs` a multiple of kChannelBlock.
struct DenseForward {
  const float* input = nullptr;
  const float* weights = nullptr;  ///< a row per unit
  const float* bias = nullptr;
  float* result = nullptr;
  std::int64_t input_sample = 0, weight_row = 0, result_sample = 0;  ///< floats from one to the next
  std::int64_t inputs = 0;
  std::int64_t samples = 0, units = 0;  ///< units: a multiple of 4
  bool relu = false;
};

/// result[r] = start + Σ values · dense rows, for sparse rows 0 … rows. Takes the elements of all rows group
/// by group, so that the dense rows of a group stay in the first-level cache.
struct SumRows {
  SparseRows sparse;
  std::int64_t groups = 1;
  const std::int32_t* bounds = nullptr;  ///< groups + 1 per row: where in it each group begins, and the end
  const float* dense = nullptr;
  const float* start = nullptr;  ///< `width` floats; null: zeros
  float* result = nullptr;
  std::int64_t result_row = 0;  ///< floats from one to the next
  std::int64_t rows = 0;
  std::int64_t width = 0;  ///< floats per dense row that are read: a multiple of kChannelBlock
  bool relu = false;
};

/// sums at offset += value · dense row r, for the elements of each sparse row r from begins[r * bounds_step]
/// to ends[r * bounds_step].
struct AddTransposed {
  SparseRows sparse;
  const std::int32_t* begins = nullptr;
  const std::int32_t* ends = nullptr;
  std::int64_t bounds_step = 0;
  const float* dense = nullptr;
  std::int64_t dense_row = 0;
  float* sums = nullptr;
  std::int64_t rows = 0, width = 0;
};

/// Computes a gradient as SumRows does and updates the weights by it: sparse row r gives the gradient of the
/// `width` weights from `offset + r * weight_row`.
struct UpdateRows {
  SparseRows sparse;
  const float* dense = nullptr;
  const UpdateRule* rule = nullptr;
  std::int64_t offset = 0, weight_row = 0;
  std::int64_t rows = 0, width = 0;
};

struct Kernels {
  const char* name;    ///< "AVX-512"
  std::int64_t lanes;  ///< floats in a register

  void (*conv_pool)(const ConvPool&);
  void (*conv_data_gradient)(const ConvDataGradient&);
  void (*conv_weight_gradient)(const ConvWeightGradient&);
  void (*dense_forward)(const DenseForward&);
  void (*sum_rows)(const SumRows&);
  void (*add_transposed)(const AddTransposed&);
  /// Returns whether all updated weights are finite.
  bool (*update_rows)(const UpdateRows&);
  /// Updates weights offset … offset + count by a gradient. Returns whether all of them are finite.
  bool (*update)(const UpdateRule& rule, std::int64_t offset, const float* gradient, std::int64_t count);
  /// Sets gradients to 0 where the ReLU's result is not positive.
  void (*relu_backward)(float* gradients, const float* results, std::int64_t count);
  /// Appends the nonzero values to a row, with the offsets 0, step, 2 step, …
  void (*append_nonzero)(const SparseRows& row, const float* values, std::int64_t count, std::int32_t step);
  /// Fills a row with the pixels that are not black, with the offsets 0, step, 2 step, … Writes where in the
  /// row each group of `group` pixels begins, and its end. `group`: a multiple of kChannelBlock.
  void (*list_pixels)(const SparseRows& row, const std::uint8_t* pixels, std::int64_t count,
                      std::int32_t step, std::int64_t group, std::int32_t* bounds);
  /// Writes the dropout factors of elements 4 * block … 4 * (block + blocks).
  void (*dropout_factors)(const kernels::DropoutMask& mask, std::uint32_t block, std::int64_t blocks,
                          float* factors);
};

/// Returns the kernels for this processor, or for the instruction set that LENET_CPU_ISA names ("avx512",
/// "avx2", "baseline"). Throws UsageError if the processor lacks it.
const Kernels& select_kernels();

}  // namespace lenet::cpu
