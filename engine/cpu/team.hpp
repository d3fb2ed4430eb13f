#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace lenet::cpu {

/// Work in stages, one after the other. A stage consists of parts, a part of tasks; the tasks of a stage may
/// run at the same time and in any order.
class Job {
 public:
  virtual ~Job() = default;
  virtual std::size_t stages() const = 0;
  /// Returns the number of tasks of each part of a stage: in total at most Team::kMostTasks.
  virtual std::span<const std::int32_t> parts(std::size_t stage) const = 0;
  /// Runs a task on one of the team's threads. Must not throw.
  virtual void run(std::size_t stage, std::size_t part, std::int32_t task, int thread) noexcept = 0;
};

/// Threads that run jobs. The calling thread is one of them; the others sleep between jobs.
///
/// Each part of a stage is cut into one slice per thread, the same in every step, so that a thread finds in
/// its cache the weights that it used before. A thread that is done with its own slices takes tasks of
/// others. A stage ends when its tasks are done, whether or not all threads took part: a thread that has no
/// core at the moment holds up the others only if it is within a task. Waiting threads spin for a moment,
/// then sleep, so that other programs get their cores.
class Team {
 public:
  static constexpr std::int32_t kMostTasks = 0xffff;

  /// Starts `threads` - 1 threads. Throws DeviceError if the system refuses.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int threads() const { return static_cast<int>(lanes_.size()); }
  /// Runs all stages; returns when the last one has ended.
  void run(Job& job);

 private:
  /// The tasks of one thread's slices that nobody has taken, in one word: the number of the stage in the
  /// upper half, which tells a late thread that its copy of the word is out of date, then the end and the
  /// next of the tasks.
  struct alignas(64) Lane {
    std::atomic<std::uint64_t> word = 0;
  };

  void work(int thread);
  /// Takes and runs tasks, of this stage and those that follow, until no lane has any left.
  void run_tasks(int thread);
  /// Takes and runs the tasks of one lane. Returns true as soon as that has opened the next stage.
  bool run_lane(std::size_t lane, int thread);
  void run_task(std::size_t lane, std::int32_t index, int thread);
  /// Opens stage `stage` or a later one that has tasks; ends the job if there is none.
  void open(std::size_t stage);
  /// Puts the tasks of stage_ into the lanes.
  void fill_lanes();
  /// Tells waiting threads that a stage has opened or the job has ended.
  void announce();
  /// Waits until the number of events is another than `seen`, and returns it.
  std::uint32_t wait_for_event(std::uint32_t seen) const;
  /// Runs the job without other threads.
  static void run_alone(Job& job);
  void end();

  std::vector<Lane> lanes_;
  alignas(64) std::atomic<std::uint32_t> events_ = 0;  ///< stages opened, jobs ended
  std::atomic<bool> job_ended_ = true;
  std::atomic<bool> stop_ = false;
  // May be read while a task of the stage is unfinished, and changed while none is.
  Job* job_ = nullptr;
  std::size_t stage_ = 0;
  std::uint32_t opened_ = 0;                              ///< stages opened so far
  alignas(64) std::atomic<std::int32_t> unfinished_ = 0;  ///< tasks of the open stage, and its opening
  std::vector<std::jthread> others_;
};

}  // namespace lenet::cpu
