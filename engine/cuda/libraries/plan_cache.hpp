#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "engine/cuda/libraries/cublaslt_gemm.hpp"
#include "engine/cuda/libraries/cudnn_conv.hpp"

namespace lenet::cuda {

/// Plans convolutions and matrix products for one stream, each shape once.
class PlanCache {
 public:
  PlanCache(cudaStream_t stream, const Numerics& numerics)
      : stream_(stream), gemm_(stream), numerics_(numerics) {}

  const Numerics& numerics() const { return numerics_; }

  /// Later plans take the heuristic's choice.
  void stop_autotuning() { numerics_.autotune = false; }

  ConvPlan convolution(ConvKind kind, const ConvShape& shape) {
    const auto found = convolutions_.find({kind, shape});
    if (found != convolutions_.end()) return found->second;
    if (!conv_) conv_.emplace(stream_);  // cuDNN takes long to start, and dense networks do not need it
    ConvPlan planned = plan_convolution(*conv_, kind, shape, numerics_);
    return convolutions_[{kind, shape}] = planned;
  }

  /// The plans so far.
  const auto& convolutions() const { return convolutions_; }
  const auto& products() const { return products_; }

  std::shared_ptr<const Gemm> product(const GemmShape& shape) {
    const auto found = products_.find(shape);
    if (found != products_.end()) return found->second;
    std::shared_ptr<const Gemm> planned = gemm_.plan(shape, numerics_);
    return products_[shape] = planned;
  }

 private:
  cudaStream_t stream_;
  std::optional<ConvDevice> conv_;
  GemmDevice gemm_;
  Numerics numerics_;
  std::map<std::pair<ConvKind, ConvShape>, ConvPlan> convolutions_;
  std::map<GemmShape, std::shared_ptr<const Gemm>> products_;
};

}  // namespace lenet::cuda
