#include "tests/kernels/simulator/capture.hpp"

#include <algorithm>
#include <utility>

#include "tests/kernels/simulator/streams.hpp"

namespace simulator {

std::size_t Graph::add(std::function<void()> work, const Nodes& earlier) {
  nodes_.push_back({std::move(work), earlier});
  return nodes_.size() - 1;
}

std::vector<std::function<void()>> Graph::in_order(
    const std::function<std::size_t(std::size_t)>& pick) const {
  std::vector<std::size_t> missing;  // of each node: how many have to run before it
  std::vector<std::vector<std::size_t>> later(nodes_.size());
  Nodes ready;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    missing.push_back(nodes_[i].earlier.size());
    for (const std::size_t earlier : nodes_[i].earlier) later[earlier].push_back(i);
    if (missing[i] == 0) ready.insert(i);
  }
  std::vector<std::function<void()>> order;
  while (!ready.empty()) {
    const auto next = std::next(ready.begin(), static_cast<std::ptrdiff_t>(pick(ready.size())));
    const std::size_t node = *next;
    ready.erase(next);
    order.push_back(nodes_[node].work);
    for (const std::size_t each : later[node])
      if (--missing[each] == 0) ready.insert(each);
  }
  return order;
}

bool Graph::precede(const Nodes& nodes, const Nodes& last) const {
  Nodes found = last;
  for (std::size_t i = nodes_.size(); i-- > 0;)  // edges lead from lower numbers to higher ones
    if (found.contains(i)) found.insert(nodes_[i].earlier.begin(), nodes_[i].earlier.end());
  return std::ranges::includes(found, nodes);
}

namespace {

/// Ends the capture for all of its streams. Returns its error, if it cannot become a graph.
cudaError_t end(Capture& capture) {
  const auto joined = [&](const Stream* stream) {
    return capture.graph.precede(stream->last, capture.origin->last);
  };
  const bool whole = std::ranges::all_of(capture.streams, joined);
  for (Stream* stream : std::exchange(capture.streams, {})) {
    stream->capture.reset();
    stream->last.clear();
  }
  capture.ended = true;
  if (capture.invalid) return cudaErrorStreamCaptureInvalidated;
  return whole ? cudaSuccess : cudaErrorStreamCaptureUnjoined;
}

}  // namespace

cudaError_t invalidate(Capture& capture, cudaError_t error) {
  capture.invalid = true;
  return error;
}

cudaError_t wait_in_capture(Stream& stream, const Event& event) {
  if (event.capture->ended) return cudaErrorCapturedEvent;
  if (stream.capture && stream.capture != event.capture) {
    stream.capture->invalid = true;
    return invalidate(*event.capture, cudaErrorStreamCaptureMerge);
  }
  if (event.capture->invalid) return cudaErrorStreamCaptureInvalidated;
  stream.capture = event.capture;
  stream.capture->streams.insert(&stream);
  stream.last.insert(event.last.begin(), event.last.end());
  return cudaSuccess;
}

}  // namespace simulator

using namespace simulator;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  if (stream->capture) return invalidate(*stream->capture, cudaErrorIllegalState);
  stream->capture = std::make_shared<Capture>(Capture{.origin = stream, .streams = {stream}});
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const cudaError_t fault = counted_call();
  const std::lock_guard lock(mutex);
  *graph = nullptr;
  const std::shared_ptr<Capture> capture = stream->capture;
  if (!capture) return cudaErrorIllegalState;
  if (capture->origin != stream) return invalidate(*capture, cudaErrorStreamCaptureUnmatched);
  if (capture->thread != std::this_thread::get_id())
    return invalidate(*capture, cudaErrorStreamCaptureWrongThread);
  if (const cudaError_t error = end(*capture)) return error;
  if (fault) return fault;
  *graph = new Graph(std::move(capture->graph));
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  if (const cudaError_t error = counted_call()) return error;
  *executable = new Graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  if (const cudaError_t error = counted_call()) return error;
  const std::lock_guard lock(mutex);
  for (const Work& work : executable->in_order(pick_next)) push(*stream, work);
  return cudaSuccess;
}
