#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/compile/op.hpp"
#include "engine/compile/segments.hpp"
#include "engine/cuda/libraries/plan_cache.hpp"
#include "engine/cuda/memory_layout.hpp"
#include "engine/cuda/parameters.hpp"
#include "engine/cuda/runtime/memory.hpp"
#include "engine/graph/graph.hpp"
#include "kernels/bf16.hpp"
#include "kernels/metrics.hpp"

namespace lenet::cuda {

/// The values of a batch between two ops and, in training, the loss's gradient with respect to them, in the
/// same layout. Gradients have the precision's type; so have values, except that a dense layer gives the
/// logits in float32.
struct Activation {
  void* value = nullptr;
  void* gradient = nullptr;  ///< null in inference, and where no parameter precedes it
  Shape shape;               ///< of one sample
  MemoryLayout layout;
  DType dtype = DType::f32;  ///< of the values
  bool wants_gradient() const { return gradient != nullptr; }
};

/// Arguments of a step, or of one branch of it, for its ops. All work is queued on the stream. Convolutions
/// run on the plan's stream alone, which cuDNN's handle holds.
struct StepContext {
  cudaStream_t stream = nullptr;
  const kernels::StepState* state = nullptr;  ///< of the running step, in device memory
  void* workspace = nullptr;                  ///< as large as the largest request of the branch's ops
  const std::uint8_t* labels = nullptr;       ///< of the batch; these two are for an op with the loss
  kernels::DeviceMetrics* metrics = nullptr;
};

/// An op only queues work, so that a step can be captured in a CUDA graph.
using Op = compile::Op<StepContext>;

/// A dense layer, whose backward pass has three parts: the last two can run at the same time.
class DenseOp : public Op {
 public:
  void backward(const StepContext& context) final {
    mask_gradient(context);
    weight_gradient(context);
    data_gradient(context);
  }
  /// Applies ReLU and dropout to the gradient of the layer's result; the bias gradient comes with it.
  virtual void mask_gradient(const StepContext& context) = 0;
  virtual void weight_gradient(const StepContext& context) = 0;
  /// Reads the layer's weights.
  virtual void data_gradient(const StepContext& context) = 0;
  virtual std::size_t weight_gradient_workspace_bytes() const = 0;
};

/// Inputs and shared state of an op's construction.
struct BuildContext {
  PlanCache& plan_cache;
  DeviceMemory& memory;
  const Parameters& parameters;
  std::vector<DeviceBuffer>& buffers;  ///< own the memory that the plan's ops point to
  std::int64_t batch = 0;
  bool training = false;
  std::uint64_t seed = 0;
  kernels::Layout image_layout = kernels::Layout::channels_last;
  std::size_t workspace = 0;  ///< bytes: the largest request so far

  DType dtype() const { return dtype_of(plan_cache.numerics().precision); }
  /// Returns memory for a result of this shape; in training with a gradient if `with_gradient`.
  Activation activation(const Shape& shape, const MemoryLayout& layout, DType value, bool with_gradient);
  void* buffer(const char* purpose, std::size_t bytes);
  void* zeroed_buffer(const char* purpose, std::size_t bytes);
  void ask_workspace(std::size_t bytes) { workspace = std::max(workspace, bytes); }
};

inline std::string title(const Conv& conv) { return "cuDNN " + conv.engine(); }
inline std::string title(const Gemm& product) { return "cuBLASLt " + product.algorithm(); }

/// Returns the implementations of a layer's products, Conv or Gemm. Null pointers are left out: in inference
/// there is only the first, and a layer that no parameter precedes has no data gradient.
template <class Product>
std::vector<Implementation> implementations_of(const std::string& layer,
                                               const std::shared_ptr<const Product>& forward,
                                               const std::shared_ptr<const Product>& weight_gradient,
                                               const std::shared_ptr<const Product>& data_gradient) {
  std::vector<Implementation> found;
  const auto add = [&](const char* name, const Product* product) {
    if (product)
      found.push_back({layer, name, title(*product), static_cast<std::int64_t>(product->workspace_bytes())});
  };
  add("forward", forward.get());
  add("weight gradient", weight_gradient.get());
  add("data gradient", data_gradient.get());
  return found;
}

using OpPtr = std::unique_ptr<Op>;
struct BuiltOp {
  OpPtr op;
  Activation result;
  /// Where the loss puts the sums of the logits' gradients: the bias gradient of a last dense layer. Else
  /// null.
  float* loss_bias_gradient = nullptr;
  bool has_loss = false;  ///< its backward pass begins with the loss
  /// `op`, if it is a dense layer with a data gradient, and its first parameter. Else null.
  DenseOp* dense = nullptr;
  int first_parameter = 0;
};

/// A node with the index that keys its dropout mask, and the layout of its result.
struct PlacedNode : compile::PlacedNode {
  MemoryLayout layout;
};

/// Whether make_conv_relu_pool() supports a convolution: 5×5 on images with one channel, in channels_last.
bool is_conv_relu_pool(const BuildContext& build, const Node& conv, const Activation& input);
/// Convolution, ReLU and 2×2 max-pooling in one kernel; `pool` has the result's shape and layout.
BuiltOp make_conv_relu_pool(BuildContext& build, const Node& conv, const PlacedNode& pool,
                            const Activation& input);

/// A convolution with its bias, and ReLU if `relu`.
struct ConvFusion {
  bool relu = false;
  bool pooled_next = false;  ///< make_max_pool(…, conv) does the backward pass of ReLU and bias
};
BuiltOp make_conv(BuildContext& build, const PlacedNode& conv, const ConvFusion& fusion,
                  const Activation& input);

/// `conv` is the convolution with ReLU directly before the pooling, whose mask and bias gradient are cheaper
/// to compute from the pooled gradient; null if there is none.
BuiltOp make_max_pool(BuildContext& build, const PlacedNode& pool, const Node* conv, const Activation& input);

/// A dense layer with its bias, then ReLU if `relu`, then dropout if there is one.
struct LinearFusion {
  bool head_next = false;  ///< make_head() applies dropout, masks the gradient and sums it for the bias
  bool relu = false;
  std::optional<PlacedNode> dropout;  ///< only with ReLU: its zeros show what was dropped
  bool last = false;                  ///< gives the logits: float32, and the loss sums the bias's gradient
};
BuiltOp make_linear(BuildContext& build, const PlacedNode& linear, const LinearFusion& fusion,
                    const Activation& input);

/// The last dense layer with softmax cross-entropy, for training, in one kernel. If `hidden`, a dense layer
/// with ReLU, is directly before it, the kernel also does what LinearFusion::head_next names.
struct HeadFusion {
  const Node* hidden = nullptr;
  std::optional<PlacedNode> dropout;
};
BuiltOp make_head(BuildContext& build, const PlacedNode& linear, const HeadFusion& fusion,
                  const Activation& input);
/// Returns why make_head() does not suit a graph or the current device; empty if it does.
std::string why_no_head(const Graph& graph);

/// Both work in place.
BuiltOp make_relu(BuildContext& build, const PlacedNode& relu, const Activation& input);
BuiltOp make_dropout(BuildContext& build, const PlacedNode& dropout, const Activation& input);

/// Makes OpOf<float> or OpOf<bf16>, depending on the precision.
template <template <class> class OpOf, class... Arguments>
OpPtr make_op(const BuildContext& build, Arguments&&... arguments) {
  if (build.dtype() == DType::bf16)
    return std::make_unique<OpOf<kernels::bf16>>(std::forward<Arguments>(arguments)...);
  return std::make_unique<OpOf<float>>(std::forward<Arguments>(arguments)...);
}

}  // namespace lenet::cuda
