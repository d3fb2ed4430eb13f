#include "engine/cuda/runtime/step_graph.hpp"

namespace lenet::cuda {
namespace {

using CapturedGraph = CudaHandle<cudaGraph_t, cudaGraphDestroy>;

/// The stream is out of capture afterwards, whether `work` throws or not.
CapturedGraph capture(cudaStream_t stream, const std::function<void()>& work) {
  CapturedGraph graph;
  LENET_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  try {
    work();
  } catch (...) {
    static_cast<void>(cudaStreamEndCapture(stream, graph.out()));
    static_cast<void>(cudaGetLastError());
    throw;
  }
  LENET_CHECK(cudaStreamEndCapture(stream, graph.out()));
  return graph;
}

}  // namespace

StepGraph::StepGraph(cudaStream_t stream, const std::function<void()>& work) {
  const CapturedGraph graph = capture(stream, work);
  LENET_CHECK(cudaGraphInstantiate(executable_.out(), graph.get(), 0));
}

}  // namespace lenet::cuda
