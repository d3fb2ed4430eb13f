#pragma once

#include <functional>

#include "engine/cuda/runtime/handles.hpp"

namespace lenet::cuda {

/// A step's kernels as one CUDA graph: launching it costs the host as much as launching one kernel, and the
/// device leaves less of a gap between them.
class StepGraph {
 public:
  /// Records what `work` queues on the stream, without running it. Capture does not mind what other threads
  /// do meanwhile.
  StepGraph(cudaStream_t stream, const std::function<void()>& work);
  void launch(cudaStream_t stream) const { LENET_CHECK(cudaGraphLaunch(executable_.get(), stream)); }

 private:
  CudaHandle<cudaGraphExec_t, cudaGraphExecDestroy> executable_;
};

}  // namespace lenet::cuda
