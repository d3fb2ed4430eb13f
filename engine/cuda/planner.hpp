#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "engine/cuda/conv.hpp"
#include "engine/cuda/gemm.hpp"

namespace lenet::cuda {

/// Plans convolutions and products for one stream, each shape once.
class Planner {
 public:
  Planner(cudaStream_t stream, const MathOptions& math) : stream_(stream), gemm_(stream), math_(math) {}

  const MathOptions& math() const { return math_; }

  /// Null if cuDNN has no engine for it.
  std::shared_ptr<const Conv> convolution(ConvKind kind, const ConvShape& shape) {
    const auto [at, added] = convolutions_.try_emplace({kind, shape});
    if (!conv_) conv_.emplace(stream_);  // starting cuDNN takes a while, and dense networks do without
    if (added) at->second = plan_convolution(*conv_, kind, shape, math_);
    return at->second;
  }

  std::shared_ptr<const Gemm> product(const GemmShape& shape) {
    const auto [at, added] = products_.try_emplace(shape);
    if (added) at->second = gemm_.plan(shape, math_);
    return at->second;
  }

 private:
  cudaStream_t stream_;
  std::optional<ConvDevice> conv_;
  GemmDevice gemm_;
  MathOptions math_;
  std::map<std::pair<ConvKind, ConvShape>, std::shared_ptr<const Conv>> convolutions_;
  std::map<GemmShape, std::shared_ptr<const Gemm>> products_;
};

}  // namespace lenet::cuda
