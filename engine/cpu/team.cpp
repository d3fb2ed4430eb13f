#include "engine/cpu/team.hpp"

#include <chrono>
#include <immintrin.h>
#include <numeric>
#include <string>
#include <system_error>

#include "engine/core/clock.hpp"
#include "engine/core/error.hpp"

namespace lenet::cpu {
namespace {

// About as long as putting a thread to sleep and waking it takes. Spinning longer would waste a core that the
// thread that is waited for may need.
constexpr std::chrono::microseconds kSpinTime{50};
constexpr int kSpinsPerLook = 32;  // at the clock

/// Returns the first task of a thread's slice of a part.
std::int32_t slice_begin(std::int32_t tasks, std::size_t thread, std::size_t threads) {
  return static_cast<std::int32_t>(static_cast<std::size_t>(tasks) * thread / threads);
}

std::int32_t slice_size(std::int32_t tasks, std::size_t thread, std::size_t threads) {
  return slice_begin(tasks, thread + 1, threads) - slice_begin(tasks, thread, threads);
}

std::int32_t count(std::span<const std::int32_t> parts) {
  return std::accumulate(parts.begin(), parts.end(), std::int32_t{0});
}

constexpr std::uint64_t word_of(std::uint32_t number, std::int32_t tasks) {
  return std::uint64_t{number} << 32 | static_cast<std::uint64_t>(tasks) << 16;
}
constexpr std::int32_t next_of(std::uint64_t word) { return static_cast<std::int32_t>(word & 0xffff); }
constexpr std::int32_t end_of(std::uint64_t word) { return static_cast<std::int32_t>(word >> 16 & 0xffff); }

}  // namespace

Team::Team(int threads) : lanes_(static_cast<std::size_t>(threads)) {
  try {
    for (int thread = 1; thread < threads; ++thread) others_.emplace_back([this, thread] { work(thread); });
  } catch (const std::system_error&) {
    end();
    throw DeviceError("the system does not grant " + std::to_string(threads) +
                      " threads: use fewer (--threads), or raise the limits on processes and on memory");
  }
}

Team::~Team() { end(); }

// The threads are joined by their destructors.
void Team::end() {
  stop_ = true;
  announce();
}

void Team::run(Job& job) {
  if (threads() == 1) return run_alone(job);
  job_ = &job;
  job_ended_.store(false, std::memory_order_relaxed);
  open(0);
  for (std::uint32_t seen = events_.load(std::memory_order_acquire);; seen = wait_for_event(seen)) {
    run_tasks(0);
    if (job_ended_.load(std::memory_order_acquire)) return;
  }
}

void Team::work(int thread) {
  for (std::uint32_t seen = events_.load(std::memory_order_acquire); !stop_; seen = wait_for_event(seen))
    run_tasks(thread);
}

void Team::run_tasks(int thread) {
  const std::size_t lanes = lanes_.size();
  for (std::size_t i = 0; i < lanes;)
    i = run_lane((static_cast<std::size_t>(thread) + i) % lanes, thread) ? 0 : i + 1;
}

bool Team::run_lane(std::size_t lane, int thread) {
  std::atomic<std::uint64_t>& word = lanes_[lane].word;
  std::uint64_t seen = word.load(std::memory_order_acquire);
  while (next_of(seen) < end_of(seen)) {
    if (!word.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    run_task(lane, next_of(seen), thread);
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      open(stage_ + 1);
      return true;
    }
    seen = word.load(std::memory_order_acquire);
  }
  return false;
}

// A lane's tasks are its thread's slices of all parts, one after the other.
void Team::run_task(std::size_t lane, std::int32_t index, int thread) {
  const std::span<const std::int32_t> parts = job_->parts(stage_);
  for (std::size_t part = 0;; ++part) {
    const std::int32_t size = slice_size(parts[part], lane, lanes_.size());
    if (index < size)
      return job_->run(stage_, part, slice_begin(parts[part], lane, lanes_.size()) + index, thread);
    index -= size;
  }
}

// Called by one thread at a time: by run(), or by whoever finished the last task of a stage.
void Team::open(std::size_t stage) {
  do {
    while (stage < job_->stages() && count(job_->parts(stage)) == 0) ++stage;
    if (stage == job_->stages()) {
      job_ended_.store(true, std::memory_order_release);  // the job may be gone from here on
      announce();
      return;
    }
    stage_ = stage++;
    fill_lanes();
    announce();
  } while (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1);
}

void Team::fill_lanes() {
  const std::span<const std::int32_t> parts = job_->parts(stage_);
  // One more than the tasks: the stage cannot end before all lanes are filled.
  unfinished_.store(count(parts) + 1, std::memory_order_relaxed);
  ++opened_;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    std::int32_t own = 0;
    for (const std::int32_t part : parts) own += slice_size(part, lane, lanes_.size());
    lanes_[lane].word.store(word_of(opened_, own), std::memory_order_release);
  }
}

void Team::announce() {
  events_.fetch_add(1, std::memory_order_release);
  events_.notify_all();
}

std::uint32_t Team::wait_for_event(std::uint32_t seen) const {
  const Clock::time_point begun = Clock::now();
  do {
    for (int i = 0; i < kSpinsPerLook; ++i) {
      const std::uint32_t now = events_.load(std::memory_order_acquire);
      if (now != seen) return now;
      _mm_pause();
    }
  } while (Clock::now() - begun < kSpinTime);
  events_.wait(seen, std::memory_order_acquire);
  return events_.load(std::memory_order_acquire);
}

void Team::run_alone(Job& job) {
  for (std::size_t stage = 0; stage < job.stages(); ++stage) {
    const std::span<const std::int32_t> parts = job.parts(stage);
    for (std::size_t part = 0; part < parts.size(); ++part)
      for (std::int32_t task = 0; task < parts[part]; ++task) job.run(stage, part, task, 0);
  }
}

}  // namespace lenet::cpu
