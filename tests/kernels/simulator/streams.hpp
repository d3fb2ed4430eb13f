#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "tests/kernels/simulator/capture.hpp"
#include "tests/kernels/simulator/runtime.hpp"

/// What the parts of the simulated runtime share.
namespace simulator {

using Work = std::function<void()>;

/// A position in a stream's work.
struct Mark {
  Stream* stream = nullptr;
  bool reached = false;
  std::int64_t when = 0;  ///< number of pieces of work that the stream had done by then, if reached
};

class Stream {
 public:
  std::deque<Work> queue;
  std::shared_ptr<Capture> capture;  ///< set while the stream is being captured
  Nodes last;                        ///< what its next captured work comes after
  std::int64_t done = 0;

  bool run_next() {
    if (queue.empty()) return false;
    ++done;
    const Work work = std::move(queue.front());
    queue.pop_front();
    work();
    return true;
  }
  void run_all() {
    while (run_next()) {
    }
  }
};

class Event {
 public:
  std::shared_ptr<Mark> mark;
  std::shared_ptr<Capture> capture;  ///< if it was last recorded in a captured stream
  Nodes last;                        ///< what that stream had been given by then
};

/// Guards all state: whichever thread waits for a stream runs its work.
extern std::recursive_mutex mutex;

/// Counts a call. Returns the error that it is to have.
cudaError_t counted_call();
/// Gives work to a stream, or to its capture.
void push(Stream& stream, Work work);
/// Returns which of the nodes of a graph that are ready runs next. What runs concurrently on a GPU runs here
/// in one order or the other, by the timing in use: as captured, the last first, any.
std::size_t pick_next(std::size_t ready);

/// Makes the capture invalid and returns the error of the call that did it.
cudaError_t invalidate(Capture& capture, cudaError_t error);
/// Lets a stream wait for an event of a captured stream: takes it into the capture.
cudaError_t wait_in_capture(Stream& stream, const Event& event);

}  // namespace simulator
