#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/rounding.hpp"
#include "engine/cpu/buffer.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/team.hpp"
#include "engine/cpu/update_rule.hpp"

namespace lenet::cpu {

/// What a step works on, the same for all its tasks.
struct StepContext {
  const std::uint8_t* pixels = nullptr;
  const std::uint8_t* labels = nullptr;
  const std::uint32_t* index = nullptr;  ///< the batch's samples among these; null: the first ones
  std::int64_t pixels_per_sample = 0;
  std::int64_t count = 0;  ///< samples
  std::int64_t step = 0;   ///< counts from 0 over the whole run
  UpdateRule rule = {};
  std::atomic<bool>* finite = nullptr;  ///< set to false if an update gives a weight that is not finite

  const std::uint8_t* image(std::int64_t sample) const { return pixels + place(sample) * pixels_per_sample; }
  std::uint8_t label(std::int64_t sample) const { return labels[place(sample)]; }
  /// Goes on to the samples behind the first `samples`.
  void skip(std::int64_t samples) {
    if (index) {
      index += samples;
    } else {
      pixels += samples * pixels_per_sample;
      labels += samples;
    }
  }
  /// Updates the parameters offset … offset + number by their gradient.
  void update(const Kernels& kernels, std::int64_t offset, const float* gradient, std::int64_t number) const {
    check(kernels.update(rule, offset, gradient, number));
  }
  void check(bool all_finite) const {
    if (!all_finite) finite->store(false, std::memory_order_relaxed);
  }

 private:
  std::int64_t place(std::int64_t sample) const { return index ? std::int64_t{index[sample]} : sample; }
};

struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

/// A thread's memory for the duration of a task.
class Scratch {
 public:
  Scratch(std::byte* memory, int thread) : next_(memory), thread_(thread) {}
  /// Returns the thread, from 0 on.
  int thread() const { return thread_; }
  /// Returns an array that starts at a cache line, with a little room behind its end.
  template <class T>
  T* take(std::int64_t count) {
    T* const taken = reinterpret_cast<T*>(next_);
    next_ += bytes<T>(count);
    return taken;
  }
  /// Returns the memory that take() uses up.
  template <class T>
  static std::size_t bytes(std::int64_t count) {
    return round_up(static_cast<std::size_t>(count) * sizeof(T), kCacheLine) + kCacheLine;
  }

 private:
  static constexpr std::size_t kCacheLine = 64;
  std::byte* next_;
  int thread_;
};

/// Samples per task of most passes: few, so that batches of 50 spread evenly over threads.
inline constexpr std::int64_t kSampleGroup = 4;

/// The passes of all ops in the order of a step, cut into tasks. Passes that are cut by samples and follow
/// each other form one stage: a thread takes some samples through all of them, without waiting for others.
class Stages : public Job {
 public:
  /// Adds a pass, a method of an op, that handles samples begin … end. `grain`: samples per task.
  template <auto kPass, class Op>
  void by_samples(Op& op, std::int64_t grain) {
    add_by_samples({&op, run_pass<kPass, Op>}, grain);
  }
  /// Adds a pass that handles units begin … end of `units` for all samples, as a stage of its own.
  template <auto kPass, class Op>
  void by_units(Op& op, std::int64_t units, std::int64_t grain) {
    add_by_units({&op, run_pass<kPass, Op>}, units, grain);
  }
  /// Adds a pass to the last stage, for tasks that may run at the same time as its others.
  template <auto kPass, class Op>
  void alongside(Op& op, std::int64_t units, std::int64_t grain) {
    stages_.back().parts.push_back({.passes = {{&op, run_pass<kPass, Op>}}, .units = units, .grain = grain});
  }
  /// Begins a stage, for passes that are added alongside each other.
  void begin_stage() {
    stages_.emplace_back();
    open_ = false;
  }

  /// Cuts a step into tasks; allocates the threads' scratch memory in the first call.
  void prepare(const StepContext& context, int threads, std::size_t scratch_bytes);

  std::size_t stages() const override { return stages_.size(); }
  std::span<const std::int32_t> parts(std::size_t stage) const override { return stages_[stage].tasks; }
  void run(std::size_t stage, std::size_t part, std::int32_t task, int thread) noexcept override;

 private:
  struct Pass {
    void* op;
    void (*run)(void* op, const StepContext& context, Range range, Scratch scratch);
  };
  struct Part {
    std::vector<Pass> passes;
    std::int64_t units;  ///< kSamples: the samples of the step
    std::int64_t grain;  ///< per task
  };
  struct Stage {
    std::vector<Part> parts;
    std::vector<std::int32_t> tasks;  ///< per part
  };
  static constexpr std::int64_t kSamples = -1;

  template <auto kPass, class Op>
  static void run_pass(void* op, const StepContext& context, Range range, Scratch scratch) {
    (static_cast<Op*>(op)->*kPass)(context, range, scratch);
  }

  void add_by_samples(Pass pass, std::int64_t grain);
  void add_by_units(Pass pass, std::int64_t units, std::int64_t grain);
  /// Returns the units per task, a multiple of the grain that was asked for.
  std::int64_t grain_of(const Part& part) const;
  std::int64_t units_of(const Part& part) const {
    return part.units == kSamples ? context_.count : part.units;
  }

  std::vector<Stage> stages_;
  bool open_ = false;  ///< the last stage takes further passes by samples
  StepContext context_;
  std::vector<Buffer<std::byte>> scratch_;  ///< one per thread
};

}  // namespace lenet::cpu
