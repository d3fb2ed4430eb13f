#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tests/kernels/simulator/simulator.hpp"

/// The part of CUDA's runtime that the backend uses, on top of the simulator: streams, events, graphs and
/// memory. Work queued on a stream runs on the CPU at some time before a call waits for it; Timing decides
/// when. If a stream lacks a wait for an event that it needs, some timing gives different results. So it is
/// for captured streams: each launch of a graph takes an order that its edges allow (see capture.hpp).
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorIllegalState = 401,
  cudaErrorIllegalAddress = 700,
  cudaErrorHardwareStackError = 714,
  cudaErrorIllegalInstruction = 715,
  cudaErrorMisalignedAddress = 716,
  cudaErrorInvalidAddressSpace = 717,
  cudaErrorInvalidPc = 718,
  cudaErrorLaunchFailure = 719,
  cudaErrorCooperativeLaunchTooLarge = 720,
  cudaErrorNotSupported = 801,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
  cudaErrorStreamCaptureMerge = 902,
  cudaErrorStreamCaptureUnmatched = 903,
  cudaErrorStreamCaptureUnjoined = 904,
  cudaErrorStreamCaptureIsolation = 905,
  cudaErrorCapturedEvent = 907,
  cudaErrorStreamCaptureWrongThread = 908,
};
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrL2CacheSize = 38,
  cudaDevAttrCooperativeLaunch = 95,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
constexpr unsigned cudaStreamNonBlocking = 1;
constexpr unsigned cudaEventDefault = 0;
constexpr unsigned cudaEventBlockingSync = 1;
constexpr unsigned cudaEventDisableTiming = 2;

namespace simulator {

/// Decides when queued work runs.
enum class Timing {
  eager,     ///< immediately
  lazy,      ///< when a call waits for it, or for later work on its stream
  shuffled,  ///< a few pieces of work of each stream whenever work is queued
};
void use(Timing timing, unsigned seed = 0);

/// Lets the n-th of the following calls fail, if n is not 0: calls that create, queue, wait or ask for
/// errors. A sticky error, as of a lost device, is returned by all later ones, too.
struct CallFault {
  long call = 0;
  cudaError_t error = cudaSuccess;
  bool sticky = false;
};
void inject(const CallFault& fault);
/// Returns the number of such calls since the last inject().
long calls();

/// The device's limits for cooperative launches.
struct DeviceLimits {
  int multiprocessors = 4;
  bool cooperative = true;
  std::size_t shared_per_block = 227 * 1024;  ///< bytes, after cudaFuncSetAttribute; H100's
  std::size_t shared_per_multiprocessor = 228 * 1024;
  int threads_per_multiprocessor = 2048;
};
void set_device_limits(const DeviceLimits& limits);

/// Limits device memory, which is unlimited at first.
void set_device_memory(std::size_t bytes);
/// Bytes of device memory that are allocated.
std::size_t device_memory_in_use();

class Stream;
class Event;
class Graph;

/// Queues work on a stream; on the default stream (null), runs it immediately.
void enqueue(Stream* stream, std::function<void()> work);

/// Returns the error of a cooperative launch that the device refuses.
cudaError_t check_cooperative(const void* kernel, Extent grid, Extent block, std::size_t dynamic_shared);
cudaError_t allow_shared(const void* kernel, cudaFuncAttribute attribute, int bytes);
int blocks_per_multiprocessor(int threads, std::size_t dynamic_shared);

template <typename... Parameters, std::size_t... Index>
std::function<void()> bound(void (*kernel)(Parameters...), void** arguments, std::index_sequence<Index...>) {
  // CUDA takes its copy of the arguments before the call returns.
  return [=, copies = std::tuple<std::decay_t<Parameters>...>(*static_cast<std::decay_t<Parameters>*>(
                 arguments[Index])...)] { kernel(std::get<Index>(copies)...); };
}

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

template <typename... Parameters>
cudaError_t cudaLaunchCooperativeKernel(void (*kernel)(Parameters...), simulator::Extent grid,
                                        simulator::Extent block, void** arguments,
                                        std::size_t dynamic_shared = 0, cudaStream_t stream = nullptr) {
  const auto* const address = reinterpret_cast<const void*>(kernel);
  if (const cudaError_t error = simulator::check_cooperative(address, grid, block, dynamic_shared))
    return error;
  simulator::enqueue(
      stream, [=, body = simulator::bound(kernel, arguments, std::index_sequence_for<Parameters...>())] {
        simulator::launch(grid, block, body, {.cooperative = true, .dynamic_shared = dynamic_shared});
      });
  return cudaSuccess;
}
template <typename... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), cudaFuncAttribute attribute, int value) {
  return simulator::allow_shared(reinterpret_cast<const void*>(kernel), attribute, value);
}
template <typename... Parameters>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void (*)(Parameters...), int threads,
                                                          std::size_t dynamic_shared) {
  *blocks = simulator::blocks_per_multiprocessor(threads, dynamic_shared);
  return cudaSuccess;
}

cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);

cudaError_t cudaMalloc(void** data, std::size_t bytes);
cudaError_t cudaFree(void* data);
cudaError_t cudaMallocHost(void** data, std::size_t bytes);
cudaError_t cudaFreeHost(void* data);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMemset(void* data, int value, std::size_t bytes);
cudaError_t cudaMemsetAsync(void* data, int value, std::size_t bytes, cudaStream_t stream);
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
