#include <limits>
#include <optional>

#include "kernels/column_sum.cuh"
#include "kernels/element.cuh"
#include "kernels/launch_max_pool.hpp"
#include "kernels/max_pool.hpp"
#include "kernels/relu.hpp"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;

/// The shape in 32 bits.
struct Pool {
  std::int32_t channels, height, width, window, pooled_height, pooled_width;
  Layout layout;

  /// Offset of an input element.
  __device__ std::int32_t offset(std::int32_t sample, std::int32_t channel, std::int32_t y,
                                 std::int32_t x) const {
    if (layout == Layout::channels_last) return ((sample * height + y) * width + x) * channels + channel;
    return ((sample * channels + channel) * height + y) * width + x;
  }
};

/// Returns nullopt if an index would not fit into 32 bits, or the windows do not fit the image.
std::optional<Pool> narrow_shape(const PoolShape& shape) {
  constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();
  if (shape.samples < 1 || shape.channels < 1 || shape.window < 1 || shape.window > 16) return std::nullopt;
  if (shape.height < shape.window || shape.width < shape.window || shape.height > kMaxInt32 / shape.width)
    return std::nullopt;
  if (shape.height * shape.width > kMaxInt32 / shape.channels) return std::nullopt;
  if (shape.samples > kMaxInt32 / (shape.height * shape.width * shape.channels)) return std::nullopt;
  const auto narrow = [](std::int64_t size) { return static_cast<std::int32_t>(size); };
  return Pool{narrow(shape.channels),
              narrow(shape.height),
              narrow(shape.width),
              narrow(shape.window),
              narrow(shape.height / shape.window),
              narrow(shape.width / shape.window),
              shape.layout};
}

// Each thread computes one output at a time, grid-stride. Neighbouring threads write neighbouring outputs.
template <typename T>
__global__ void max_pool_kernel(MaxPoolArgs<T> args, Pool pool, std::int64_t outputs) {
  const bool last = pool.layout == Layout::channels_last;
  for (std::int64_t i = global_thread(); i < outputs; i += all_threads()) {
    auto rest = static_cast<std::int32_t>(i);
    const auto take = [&rest](std::int32_t extent) {
      const std::int32_t index = rest % extent;
      rest /= extent;
      return index;
    };
    std::int32_t channel = last ? take(pool.channels) : 0;
    const std::int32_t left = take(pool.pooled_width) * pool.window;
    const std::int32_t top = take(pool.pooled_height) * pool.window;
    if (!last) channel = take(pool.channels);

    float max = to_float(args.input[pool.offset(rest, channel, top, left)]);
    std::int32_t argmax = 0;
    for (std::int32_t k = 1; k < pool.window * pool.window; ++k) {
      const float value =
          to_float(args.input[pool.offset(rest, channel, top + k / pool.window, left + k % pool.window)]);
      if (exceeds_max(value, max)) {
        max = value;
        argmax = k;
      }
    }
    args.output[i] = from_float<T>(max);
    if (args.argmax) args.argmax[i] = static_cast<std::uint8_t>(argmax);
  }
}

/// Spreads the gradient of one pooled element over its window and returns it. The last windows also write the
/// rows and columns that the pool dropped.
template <typename T>
struct SpreadGradient {
  const T* gradient;
  const std::uint8_t* argmax;
  const T* output;
  T* input_gradient;
  Pool pool;

  __device__ float operator()(const ColumnElement& at) const {
    T value = gradient[at.offset];
    if (output) value = from_float<T>(relu_gradient(to_float(value), to_float(output[at.offset])));
    const std::int32_t pooled_y = at.pixel / pool.pooled_width;
    const std::int32_t pooled_x = at.pixel % pool.pooled_width;
    const std::int32_t top = pooled_y * pool.window;
    const std::int32_t left = pooled_x * pool.window;
    const std::int32_t bottom = pooled_y + 1 == pool.pooled_height ? pool.height : top + pool.window;
    const std::int32_t right = pooled_x + 1 == pool.pooled_width ? pool.width : left + pool.window;
    const std::int32_t max_y = top + argmax[at.offset] / pool.window;
    const std::int32_t max_x = left + argmax[at.offset] % pool.window;
    const T zero = from_float<T>(0.0f);
    for (std::int32_t y = top; y < bottom; ++y)
      for (std::int32_t x = left; x < right; ++x)
        input_gradient[pool.offset(at.sample, at.channel, y, x)] = y == max_y && x == max_x ? value : zero;
    return to_float(value);
  }
};

}  // namespace

template <typename T>
cudaError_t launch_max_pool(const MaxPoolArgs<T>& args, cudaStream_t stream) {
  const auto pool = narrow_shape(args.shape);
  if (!pool) return cudaErrorInvalidValue;
  const std::int64_t outputs = args.shape.samples * pool->channels * pool->pooled_height * pool->pooled_width;
  LENET_LAUNCH(max_pool_kernel<T>, grid_stride_blocks(outputs, kBlock), kBlock, stream, args, *pool, outputs);
  return cudaGetLastError();
}

template <typename T>
cudaError_t launch_max_pool_backward(const MaxPoolBackwardArgs<T>& args, cudaStream_t stream) {
  const auto pool = narrow_shape(args.shape);
  if (!pool || (args.bias_gradient && !args.workspace)) return cudaErrorInvalidValue;
  const auto pooled = column_shape(args.shape.samples, pool->channels,
                                   pool->pooled_height * pool->pooled_width, args.shape.layout);
  if (!pooled) return cudaErrorInvalidValue;
  return launch_column_sum(
      *pooled, SpreadGradient<T>{args.gradient, args.argmax, args.output, args.input_gradient, *pool},
      column_sum_target(*pooled, args.bias_gradient, args.workspace), stream);
}

template cudaError_t launch_max_pool(const MaxPoolArgs<float>&, cudaStream_t);
template cudaError_t launch_max_pool(const MaxPoolArgs<bf16>&, cudaStream_t);
template cudaError_t launch_max_pool_backward(const MaxPoolBackwardArgs<float>&, cudaStream_t);
template cudaError_t launch_max_pool_backward(const MaxPoolBackwardArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
