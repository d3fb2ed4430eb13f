#include "engine/cpu/team.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace lenet;
using namespace std::chrono_literals;

namespace {

/// Counts how often each task runs, and tasks that run before all of an earlier stage are done.
class CountingJob : public cpu::Job {
 public:
  explicit CountingJob(std::vector<std::vector<std::int32_t>> stages) : stages_(std::move(stages)) {
    for (const auto& parts : stages_) {
      auto& counts = runs_.emplace_back();
      for (const std::int32_t tasks : parts)
        counts.push_back(std::vector<std::atomic<int>>(static_cast<std::size_t>(tasks)));
    }
    done_ = std::vector<std::atomic<int>>(stages_.size());
  }

  std::size_t stages() const override { return stages_.size(); }
  std::span<const std::int32_t> parts(std::size_t stage) const override { return stages_[stage]; }
  void run(std::size_t stage, std::size_t part, std::int32_t task, int thread) noexcept override {
    for (std::size_t earlier = 0; earlier < stage; ++earlier) early_ += done_[earlier] != tasks_of(earlier);
    if (within_task) within_task(stage, thread);
    ++runs_[stage][part][static_cast<std::size_t>(task)];
    ++done_[stage];
  }

  int early() const { return early_; }
  /// Returns how many tasks did not run exactly `times` times, and forgets.
  int wrong(int times) {
    int wrong = 0;
    for (auto& parts : runs_)
      for (auto& tasks : parts)
        for (auto& runs : tasks) wrong += runs.exchange(0) != times;
    for (auto& done : done_) done = 0;
    return wrong;
  }

  void (*within_task)(std::size_t stage, int thread) = nullptr;

 private:
  int tasks_of(std::size_t stage) const {
    return std::accumulate(stages_[stage].begin(), stages_[stage].end(), 0);
  }

  std::vector<std::vector<std::int32_t>> stages_;
  std::vector<std::vector<std::vector<std::atomic<int>>>> runs_;
  std::vector<std::atomic<int>> done_;
  std::atomic<int> early_ = 0;
};

}  // namespace

TEST_CASE("every task runs once, after all tasks of the stages before it", "[team]") {
  for (const int threads : {1, 2, 3, 8}) {
    INFO(threads << " threads");
    cpu::Team team(threads);
    CHECK(team.threads() == threads);
    CountingJob job({{7}, {1}, {3, 0, 20}, {}, {0}, {2, 5}, {300}});
    for (int repetition = 0; repetition < 300; ++repetition) {
      team.run(job);
      CHECK(job.early() == 0);
      REQUIRE(job.wrong(1) == 0);
    }
  }
}

TEST_CASE("a job without tasks ends at once", "[team]") {
  for (const int threads : {1, 4}) {
    cpu::Team team(threads);
    for (const auto& stages : {std::vector<std::vector<std::int32_t>>{}, {{}}, {{0}, {0, 0}}}) {
      CountingJob job(stages);
      team.run(job);
      CHECK(job.wrong(1) == 0);
    }
  }
}

TEST_CASE("threads that sleep between jobs wake up for the next one", "[team]") {
  cpu::Team team(3);
  CountingJob job({{50}, {50}});
  for (int repetition = 0; repetition < 5; ++repetition) {
    std::this_thread::sleep_for(5ms);
    team.run(job);
    CHECK(job.wrong(1) == 0);
  }
}

TEST_CASE("the tasks of a thread that is held up are taken over by others", "[team]") {
  cpu::Team team(2);
  CountingJob job(std::vector<std::vector<std::int32_t>>{{2000}});
  // The first thread to take a task keeps it until all others are done.
  static std::atomic<int> holder, finished;
  holder = -1, finished = 0;
  job.within_task = [](std::size_t, int thread) {
    int none = -1;
    if (holder.compare_exchange_strong(none, thread))
      while (finished < 1999) std::this_thread::yield();
    ++finished;
  };
  team.run(job);  // does not end otherwise
  CHECK(job.wrong(1) == 0);
}

TEST_CASE("teams do not disturb each other, and come and go quickly", "[team]") {
  for (int repetition = 0; repetition < 50; ++repetition) {
    cpu::Team left(2), right(3);
    CountingJob one({{9}, {4}}), two({{5}, {5}});
    left.run(one);
    right.run(two);
    left.run(one);
    CHECK(one.wrong(2) == 0);
    CHECK(two.wrong(1) == 0);
  }
}
