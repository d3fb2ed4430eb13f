#include <cooperative_groups.h>

#include "kernels/block_sum.cuh"
#include "kernels/cooperative.hpp"
#include "kernels/dropout.hpp"
#include "kernels/element.cuh"
#include "kernels/launch_head.hpp"
#include "kernels/nonfinite.cuh"
#include "kernels/relu.hpp"
#include "kernels/softmax_cross_entropy.hpp"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;
constexpr int kWarps = kBlock / kWarp;

struct RowResult {
  float loss;
  std::int32_t correct;
};

template <typename T>
__device__ RowResult* row_results(const HeadArgs<T>& args) {
  return static_cast<RowResult*>(args.workspace);
}

/// Applies dropout to the hidden values of a sample. Four words of a counter decide over four elements, which
/// may belong to two samples.
template <typename T>
__device__ void drop_row(const HeadArgs<T>& args, std::int64_t row) {
  const DropoutMask mask =
      dropout_mask(args.seed, static_cast<std::uint64_t>(args.state->step), args.layer, args.rate);
  const std::int64_t begin = row * args.units, end = begin + args.units;
  for (std::int64_t block = begin / 4 + threadIdx.x; 4 * block < end; block += kBlock) {
    const PhiloxWords words = dropout_words(mask, static_cast<std::uint32_t>(block));
#pragma unroll
    for (int lane = 0; lane < 4; ++lane) {
      const std::int64_t i = 4 * block + lane;
      if (i >= begin && i < end)
        args.hidden[i] = from_float<T>(to_float(args.hidden[i]) * dropout_factor(mask, words.word[lane]));
    }
  }
}

/// Computes the logits of a sample, one warp per class.
template <typename T>
__device__ void row_logits(const HeadArgs<T>& args, std::int64_t row, bool aligned, float* logits) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const T* const hidden = args.hidden + row * args.units;
  for (int k = static_cast<int>(threadIdx.x) / kWarp; k < args.classes; k += kWarps) {
    const T* const weights = args.weights + static_cast<std::int64_t>(k) * args.units;
    float sum = 0;
    for (std::int64_t block = lane; 4 * block < args.units; block += kWarp) {
      const float4 a = load4(hidden, block, args.units, aligned);
      const float4 b = load4(weights, block, args.units, aligned);
      sum += a.x * b.x + a.y * b.y + (a.z * b.z + a.w * b.w);
    }
    sum = warp_sum(sum);
    if (lane == 0) logits[k] = sum + args.bias[k];
  }
}

/// Takes one sample from its hidden values to the gradient of its logits.
template <typename T>
__device__ void pass_row(const HeadArgs<T>& args, std::int64_t row, bool aligned, float* logits) {
  if (args.rate > 0) {
    drop_row(args, row);
    __syncthreads();
  }
  row_logits(args, row, aligned, logits);
  __syncthreads();
  if (threadIdx.x < kWarp) {
    const std::int32_t label = args.labels[row];
    const RowLoss found = row_loss(logits, args.classes, label);
    const auto k = static_cast<std::int32_t>(threadIdx.x);
    if (k < args.classes)
      args.logit_gradient[row * args.classes + k] =
          from_float<T>(logit_gradient(found, logits[k], k == label, 1.0f / static_cast<float>(args.count)));
    if (k == 0) row_results(args)[row] = {found.loss, found.predicted == label};
  }
  __syncthreads();  // before the next sample's logits
}

/// Sums over this warp's samples for one hidden unit: `sums` receives the gradients of its weights and, last,
/// of its bias.
template <typename T, int kClasses>
__device__ void pass_unit(const HeadArgs<T>& args, std::int32_t unit, float (&sums)[kClasses + 1]) {
  const std::int32_t classes = kClasses < kMaxHeadClasses ? kClasses : args.classes;
  float weights[kClasses];
#pragma unroll
  for (int k = 0; k < kClasses; ++k) {
    weights[k] =
        k < classes ? to_float(args.weights[static_cast<std::int64_t>(k) * args.units + unit]) : 0.0f;
    sums[k] = 0;
  }
  sums[kClasses] = 0;
  const float scale = 1.0f / (1.0f - args.rate);
  for (std::int64_t row = threadIdx.x / kWarp; row < args.count; row += kWarps) {
    const float hidden = to_float(args.hidden[row * args.units + unit]);
    float gradient = 0;
#pragma unroll
    for (int k = 0; k < kClasses; ++k) {
      if (k >= classes) break;
      const float of_logit = to_float(args.logit_gradient[row * args.classes + k]);
      gradient += of_logit * weights[k];
      sums[k] += of_logit * hidden;
    }
    if (args.relu) gradient = relu_gradient(gradient, hidden) * scale;
    const T rounded = from_float<T>(gradient);
    if (args.hidden_gradient) args.hidden_gradient[row * args.units + unit] = rounded;
    sums[kClasses] += to_float(rounded);
  }
}

/// Takes 32 hidden units: each lane one of them, each warp a share of the samples.
template <typename T, int kClasses>
__device__ void pass_units(const HeadArgs<T>& args, std::int32_t first, float* values) {
  constexpr int kSums = kClasses + 1;
  const auto lane = static_cast<std::int32_t>(threadIdx.x) % kWarp;
  const auto warp = static_cast<std::int32_t>(threadIdx.x) / kWarp;
  float sums[kSums];
  if (first + lane < args.units) {
    pass_unit<T, kClasses>(args, first + lane, sums);
#pragma unroll
    for (int k = 0; k < kSums; ++k) values[(warp * kSums + k) * kWarp + lane] = sums[k];
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < kSums * kWarp; i += kBlock) {
    const std::int32_t k = i / kWarp, unit = first + i % kWarp;
    if (unit >= args.units) continue;
    float sum = 0;
    for (int part = 0; part < kWarps; ++part) sum += values[part * kSums * kWarp + i];
    if (k < args.classes)
      args.weight_gradient[static_cast<std::int64_t>(k) * args.units + unit] = sum;
    else if (k == kClasses && args.hidden_bias_gradient)
      args.hidden_bias_gradient[unit] = sum;
  }
  __syncthreads();  // before the next units' sums
}

/// Adds the losses to the metrics, and sums the gradient of the bias, one warp per class.
template <typename T>
__device__ void add_up_rows(const HeadArgs<T>& args, double* losses, std::int32_t* corrects) {
  double loss = 0;
  std::int32_t correct = 0;
  for (std::int64_t row = threadIdx.x; row < args.count; row += kBlock) {
    const RowResult result = row_results(args)[row];
    loss += static_cast<double>(result.loss);
    correct += result.correct;
  }
  loss = block_sum(loss, losses);
  correct = block_sum(correct, corrects);
  if (threadIdx.x == 0) {
    args.metrics->loss_sum += loss;
    args.metrics->correct += correct;
    args.metrics->count += args.count;
    if (!isfinite(loss)) record_step(args.state->step, &args.metrics->first_nonfinite_step);
  }
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (int k = static_cast<int>(threadIdx.x) / kWarp; k < args.classes; k += kWarps) {
    float sum = 0;
    for (std::int64_t row = lane; row < args.count; row += kWarp)
      sum += to_float(args.logit_gradient[row * args.classes + k]);
    sum = warp_sum(sum);
    if (lane == 0) args.bias_gradient[k] = sum;
  }
}

// Samples, a barrier of the grid, hidden units. With kClasses kMaxHeadClasses, there may be fewer. One block
// is enough for a multiprocessor: left to choose, the compiler makes room for more, and spills registers on
// sm_80.
template <typename T, int kClasses>
__global__ void __launch_bounds__(kBlock, 1) head_kernel(HeadArgs<T> args, bool aligned) {
  LENET_SHARED(float, values, (kClasses + 1) * kBlock);
  LENET_SHARED(float, logits, kClasses);
  LENET_SHARED(double, losses, kWarp);
  LENET_SHARED(std::int32_t, corrects, kWarp);
  for (std::int64_t row = blockIdx.x; row < args.count; row += gridDim.x)
    pass_row(args, row, aligned, logits);
  cooperative_groups::this_grid().sync();
  const auto step = static_cast<std::int32_t>(gridDim.x) * kWarp;
  for (std::int32_t first = static_cast<std::int32_t>(blockIdx.x) * kWarp; first < args.units; first += step)
    pass_units<T, kClasses>(args, first, values);
  if (blockIdx.x == gridDim.x - 1) add_up_rows(args, losses, corrects);
}

template <typename T>
auto kernel_for(std::int32_t classes) {
  return classes == 10 ? head_kernel<T, 10> : head_kernel<T, kMaxHeadClasses>;
}

}  // namespace

std::size_t head_workspace_bytes(std::int64_t count) {
  return sizeof(RowResult) * static_cast<std::size_t>(count);
}

template <typename T>
cudaError_t size_head_grid(HeadArgs<T>& args) {
  int multiprocessors = 0, per_multiprocessor = 0;
  if (const cudaError_t error = cooperative_multiprocessors(multiprocessors)) return error;
  if (multiprocessors == 0) return cudaErrorNotSupported;
  if (const cudaError_t error = cudaOccupancyMaxActiveBlocksPerMultiprocessor(
          &per_multiprocessor, kernel_for<T>(args.classes), kBlock, 0))
    return error;
  const std::int64_t most = static_cast<std::int64_t>(multiprocessors) * per_multiprocessor;
  const std::int64_t tiles = ceil_divide(static_cast<std::int64_t>(args.units), kWarp);
  const std::int64_t wanted = args.count > tiles ? args.count : tiles;
  args.blocks = static_cast<unsigned>(wanted < most ? wanted : most);
  return cudaSuccess;
}

template <typename T>
cudaError_t launch_head(const HeadArgs<T>& args, cudaStream_t stream) {
  if (args.count < 1 || args.units < 1 || args.classes < 1 || args.classes > kMaxHeadClasses)
    return cudaErrorInvalidValue;
  if (args.blocks < 1 || !(args.rate >= 0.0f && args.rate < 1.0f) ||
      (args.rate > 0 && !(args.relu && args.state)))
    return cudaErrorInvalidValue;
  bool aligned = args.units % 4 == 0 && aligned4(args.hidden, args.weights);
  HeadArgs<T> copy = args;
  void* arguments[] = {&copy, &aligned};
  return cudaLaunchCooperativeKernel(kernel_for<T>(args.classes), dim3(args.blocks), dim3(kBlock), arguments,
                                     0, stream);
}

template cudaError_t size_head_grid(HeadArgs<float>&);
template cudaError_t size_head_grid(HeadArgs<bf16>&);
template cudaError_t launch_head(const HeadArgs<float>&, cudaStream_t);
template cudaError_t launch_head(const HeadArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
