#pragma once

#include <functional>

#include "engine/cuda/runtime/handles.hpp"

namespace lenet::cuda {

/// A step's kernels as one CUDA graph: launching it costs the host as much as launching one kernel, and the
/// gaps between the kernels are shorter.
class StepGraph {
 public:
  /// Captures what `work` queues on the stream, without running it. Other threads may use CUDA meanwhile.
  StepGraph(cudaStream_t stream, const std::function<void()>& work);
  void launch(cudaStream_t stream) const { LENET_CHECK(cudaGraphLaunch(executable_.get(), stream)); }

 private:
  CudaHandle<cudaGraphExec_t, cudaGraphExecDestroy> executable_;
};

}  // namespace lenet::cuda
