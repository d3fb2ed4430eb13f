#include "kernels/block_sum.cuh"
#include "kernels/element.cuh"
#include "kernels/launch_softmax_cross_entropy.hpp"
#include "kernels/softmax_cross_entropy.hpp"

namespace lenet::kernels {
namespace {

constexpr int kMinBlock = 256;  // enough warps for the column sums
constexpr int kMaxBlock = 512;  // leaves 128 registers per thread

struct RowSums {
  double loss = 0;
  std::int32_t correct = 0;
};

/// Sums the loss and the correct predictions of this thread's rows, and writes their gradients. With kClasses
/// 0 the number of classes is known only at run time.
template <typename T, int kClasses>
__device__ RowSums sum_rows(const SoftmaxCrossEntropyArgs<T>& args) {
  const std::int32_t classes = kClasses > 0 ? kClasses : args.classes;
  const float scale = 1.0f / static_cast<float>(args.count);
  RowSums sums;
  for (std::int64_t row = threadIdx.x; row < args.count; row += blockDim.x) {
    const float* logits = args.logits + row * classes;
    const std::int32_t label = args.labels[row];
    const RowLoss found = row_loss(logits, classes, label);
    sums.loss += static_cast<double>(found.loss);
    sums.correct += found.predicted == label;
    if (args.confusion) atomicAdd(&args.confusion[label * classes + found.predicted], 1u);
    if (!args.gradient) continue;
    for (std::int32_t k = 0; k < classes; ++k)
      args.gradient[row * classes + k] = from_float<T>(logit_gradient(found, logits[k], k == label, scale));
  }
  return sums;
}

/// Sums the columns of the gradient that the block has written, one warp per column.
template <typename T>
__device__ void sum_columns(const SoftmaxCrossEntropyArgs<T>& args) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warps = static_cast<int>(blockDim.x) / kWarp;
  for (int k = static_cast<int>(threadIdx.x) / kWarp; k < args.classes; k += warps) {
    float sum = 0;
    for (std::int64_t row = lane; row < args.count; row += kWarp)
      sum += to_float(args.gradient[row * args.classes + k]);
    sum = warp_sum(sum);
    if (lane == 0) args.bias_gradient[k] = sum;
  }
}

// One block. Each thread takes one row of logits at a time; then the block sums over all rows.
template <typename T, int kClasses>
__global__ void __launch_bounds__(kMaxBlock) softmax_cross_entropy_kernel(SoftmaxCrossEntropyArgs<T> args) {
  LENET_SHARED(double, losses, kWarp);
  LENET_SHARED(std::int32_t, corrects, kWarp);
  const RowSums sums = sum_rows<T, kClasses>(args);
  const double loss = block_sum(sums.loss, losses);
  const std::int32_t correct = block_sum(sums.correct, corrects);  // its barrier also publishes the gradient
  if (threadIdx.x == 0) {
    args.metrics->loss_sum += loss;
    args.metrics->correct += correct;
    args.metrics->count += args.count;
    if (args.state && !isfinite(loss) && args.metrics->first_nonfinite_step < 0)
      args.metrics->first_nonfinite_step = args.state->step;
  }
  if (args.bias_gradient) sum_columns(args);
}

}  // namespace

template <typename T>
cudaError_t launch_softmax_cross_entropy(const SoftmaxCrossEntropyArgs<T>& args, cudaStream_t stream) {
  if (args.count < 1 || args.classes < 1 || (args.bias_gradient && !args.gradient))
    return cudaErrorInvalidValue;
  const std::int64_t rows = round_up(args.count, kWarp);
  const auto block = static_cast<unsigned>(rows < kMinBlock   ? kMinBlock
                                           : rows > kMaxBlock ? kMaxBlock
                                                              : rows);
  if (args.classes == 10) {
    LENET_LAUNCH((softmax_cross_entropy_kernel<T, 10>), 1, block, stream, args);
  } else {
    LENET_LAUNCH((softmax_cross_entropy_kernel<T, 0>), 1, block, stream, args);
  }
  return cudaGetLastError();
}

template cudaError_t launch_softmax_cross_entropy(const SoftmaxCrossEntropyArgs<float>&, cudaStream_t);
template cudaError_t launch_softmax_cross_entropy(const SoftmaxCrossEntropyArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
