#pragma once

#include <cstddef>
#include <functional>

#include "tests/kernels/simulator/simulator.hpp"

/// The part of CUDA's runtime that the backend uses, on top of the simulator: streams, events, graphs and
/// memory. Work queued on a stream runs on the CPU at some time before a call waits for it; Timing decides
/// when. If a stream lacks a wait for an event that it needs, some timing gives different results.
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorStreamCaptureUnsupported = 900,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
constexpr unsigned cudaStreamNonBlocking = 1;
constexpr unsigned cudaEventDefault = 0;
constexpr unsigned cudaEventDisableTiming = 2;

namespace simulator {

/// Decides when queued work runs.
enum class Timing {
  eager,     ///< immediately
  lazy,      ///< when a call waits for it, or for later work on its stream
  shuffled,  ///< a few pieces of work of each stream whenever work is queued
};
void use(Timing timing, unsigned seed = 0);

/// Limits device memory, which is unlimited at first.
void set_device_memory(std::size_t bytes);
/// Bytes of device memory that are allocated.
std::size_t device_memory_in_use();

class Stream;
class Event;
class Graph;

/// Queues work on a stream; on the default stream (null), runs it immediately.
void enqueue(Stream* stream, std::function<void()> work);

template <typename... Parameters, typename... Arguments>
void launch_on(Stream* stream, void (*kernel)(Parameters...), Extent grid, Extent block,
               const Arguments&... arguments) {
  enqueue(stream, [=] { launch_kernel(kernel, grid, block, arguments...); });
}

}  // namespace simulator

using cudaStream_t = simulator::Stream*;
using cudaEvent_t = simulator::Event*;
using cudaGraph_t = simulator::Graph*;
using cudaGraphExec_t = simulator::Graph*;

cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaSetDevice(int device);

cudaError_t cudaMalloc(void** data, std::size_t bytes);
cudaError_t cudaFree(void* data);
cudaError_t cudaMallocHost(void** data, std::size_t bytes);
cudaError_t cudaFreeHost(void* data);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMemset(void* data, int value, std::size_t bytes);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
