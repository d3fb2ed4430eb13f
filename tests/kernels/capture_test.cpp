#include <cuda_runtime.h>
#include <set>
#include <string>
#include <thread>

#include "tests/support/catch.hpp"

// The simulator's stream capture, by CUDA's rules: what is captured in one stream runs in order, what is
// forked to another runs at any time before the join, and a forbidden call gives CUDA's error code.

namespace {

/// Two streams with an event each, and what has run so far.
class Streams {
 public:
  Streams() {
    for (auto* stream : {&main, &side}) cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking);
    for (auto* event : {&fork, &join}) cudaEventCreateWithFlags(event, cudaEventDisableTiming);
  }
  ~Streams() {
    for (const auto stream : {main, side}) cudaStreamDestroy(stream);
    for (const auto event : {fork, join}) cudaEventDestroy(event);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  void write(cudaStream_t stream, char letter) {
    simulator::enqueue(stream, [this, letter] { text += letter; });
  }
  void begin() { CHECK(cudaStreamBeginCapture(main, cudaStreamCaptureModeThreadLocal) == cudaSuccess); }
  void order(cudaEvent_t event, cudaStream_t first, cudaStream_t then) {
    CHECK(cudaEventRecord(event, first) == cudaSuccess);
    CHECK(cudaStreamWaitEvent(then, event, 0) == cudaSuccess);
  }
  /// Ends the capture, which must fail.
  cudaError_t end(cudaStream_t stream) {
    cudaGraph_t graph = nullptr;
    const cudaError_t error = cudaStreamEndCapture(stream, &graph);
    CHECK(graph == nullptr);
    return error;
  }

  cudaStream_t main = nullptr, side = nullptr;
  cudaEvent_t fork = nullptr, join = nullptr;
  std::string text;
};

/// Captures a, then bc next to d, then e.
cudaGraph_t capture_fork(Streams& streams) {
  streams.begin();
  streams.write(streams.main, 'a');
  streams.order(streams.fork, streams.main, streams.side);
  streams.write(streams.side, 'b');
  streams.write(streams.side, 'c');
  streams.write(streams.main, 'd');
  streams.order(streams.join, streams.side, streams.main);
  streams.write(streams.main, 'e');
  cudaGraph_t graph = nullptr;
  CHECK(cudaStreamEndCapture(streams.main, &graph) == cudaSuccess);
  return graph;
}

}  // namespace

TEST_CASE("a graph of forked streams runs in every order that its edges allow, and in no other",
          "[simulator]") {
  Streams streams;
  const cudaGraph_t graph = capture_fork(streams);
  CHECK(streams.text.empty());  // nothing runs while it is captured
  cudaGraphExec_t executable = nullptr;
  REQUIRE(cudaGraphInstantiate(&executable, graph, 0) == cudaSuccess);
  const auto launched = [&] {
    streams.text.clear();
    CHECK(cudaGraphLaunch(executable, streams.main) == cudaSuccess);
    CHECK(cudaStreamSynchronize(streams.main) == cudaSuccess);
    return streams.text;
  };
  simulator::use(simulator::Timing::eager);
  CHECK(launched() == "abcde");
  simulator::use(simulator::Timing::lazy);
  CHECK(launched() == "adbce");
  simulator::use(simulator::Timing::shuffled, 1);
  std::set<std::string> found;
  for (int i = 0; i < 50; ++i) found.insert(launched());
  CHECK(found == std::set<std::string>{"abcde", "abdce", "adbce"});
  // The streams are out of capture.
  streams.write(streams.side, 'x');
  CHECK(cudaStreamSynchronize(streams.side) == cudaSuccess);
  CHECK(streams.text.back() == 'x');
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
}

TEST_CASE("a call that CUDA forbids while it captures gives CUDA's error and spoils the capture",
          "[simulator]") {
  simulator::use(simulator::Timing::lazy);
  Streams streams;
  void* device = nullptr;
  void* pinned = nullptr;
  REQUIRE(cudaMalloc(&device, 8) == cudaSuccess);
  REQUIRE(cudaMallocHost(&pinned, 8) == cudaSuccess);
  void* more = nullptr;
  const auto forbidden = [&](cudaError_t expected, auto call) {
    streams.begin();
    CHECK(call() == expected);
    CHECK(streams.end(streams.main) == cudaErrorStreamCaptureInvalidated);
  };
  forbidden(cudaErrorStreamCaptureUnsupported, [&] { return cudaMalloc(&more, 8); });
  forbidden(cudaErrorStreamCaptureUnsupported, [&] { return cudaFree(device); });
  forbidden(cudaErrorStreamCaptureUnsupported, [&] { return cudaMallocHost(&more, 8); });
  forbidden(cudaErrorStreamCaptureUnsupported, [&] { return cudaFreeHost(pinned); });
  forbidden(cudaErrorStreamCaptureUnsupported, [&] { return cudaMemset(device, 0, 8); });
  forbidden(cudaErrorStreamCaptureUnsupported, [&] { return cudaStreamSynchronize(streams.main); });
  forbidden(cudaErrorIllegalState,
            [&] { return cudaStreamBeginCapture(streams.main, cudaStreamCaptureModeThreadLocal); });
  forbidden(cudaErrorStreamCaptureUnmatched, [&] {
    streams.order(streams.fork, streams.main, streams.side);
    return streams.end(streams.side);
  });
  forbidden(cudaErrorCapturedEvent, [&] {
    cudaEventRecord(streams.fork, streams.main);
    return cudaEventSynchronize(streams.fork);
  });
  cudaEventRecord(streams.join, streams.side);  // before the capture
  forbidden(cudaErrorStreamCaptureIsolation,
            [&] { return cudaStreamWaitEvent(streams.main, streams.join, 0); });
  CHECK(cudaFree(device) == cudaSuccess);
  CHECK(cudaFreeHost(pinned) == cudaSuccess);
}

TEST_CASE("a capture has to be joined, by its own thread, and its events end with it", "[simulator]") {
  simulator::use(simulator::Timing::lazy);
  Streams streams;
  CHECK(streams.end(streams.main) == cudaErrorIllegalState);

  streams.begin();
  streams.order(streams.fork, streams.main, streams.side);
  streams.write(streams.side, 'b');
  CHECK(streams.end(streams.main) == cudaErrorStreamCaptureUnjoined);
  CHECK(cudaStreamWaitEvent(streams.side, streams.fork, 0) == cudaErrorCapturedEvent);
  CHECK(cudaStreamSynchronize(streams.side) == cudaSuccess);
  CHECK(streams.text.empty());

  streams.begin();
  std::thread([&] { CHECK(streams.end(streams.main) == cudaErrorStreamCaptureWrongThread); }).join();
  CHECK(streams.end(streams.main) == cudaErrorStreamCaptureInvalidated);

  streams.begin();
  cudaEventRecord(streams.fork, streams.main);
  CHECK(cudaStreamBeginCapture(streams.side, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
  CHECK(cudaStreamWaitEvent(streams.side, streams.fork, 0) == cudaErrorStreamCaptureMerge);
  CHECK(streams.end(streams.side) == cudaErrorStreamCaptureInvalidated);
  CHECK(streams.end(streams.main) == cudaErrorStreamCaptureInvalidated);
}

TEST_CASE("another thread may use the device while one captures", "[simulator]") {
  Streams streams;
  streams.begin();
  streams.write(streams.main, 'a');
  std::thread([] {
    void* memory = nullptr;
    CHECK(cudaMalloc(&memory, 8) == cudaSuccess);
    CHECK(cudaFree(memory) == cudaSuccess);
  }).join();
  cudaGraph_t graph = nullptr;
  CHECK(cudaStreamEndCapture(streams.main, &graph) == cudaSuccess);
  cudaGraphDestroy(graph);
}
