#include "engine/cpu/stages.hpp"

#include <algorithm>

#include "engine/core/rounding.hpp"

namespace lenet::cpu {
namespace {

// More tasks would not spread any better.
constexpr std::int64_t kMostTasksPerPart = 4096;

}  // namespace

void Stages::add_by_samples(Pass pass, std::int64_t grain) {
  if (!open_) stages_.push_back({.parts = {{.passes = {}, .units = kSamples, .grain = grain}}, .tasks = {}});
  open_ = true;
  Part& part = stages_.back().parts.front();
  part.passes.push_back(pass);
  part.grain = std::min(part.grain, grain);
}

void Stages::add_by_units(Pass pass, std::int64_t units, std::int64_t grain) {
  stages_.push_back({.parts = {{.passes = {pass}, .units = units, .grain = grain}}, .tasks = {}});
  open_ = false;
}

void Stages::prepare(const StepContext& context, int threads, std::size_t scratch_bytes) {
  context_ = context;
  while (std::ssize(scratch_) < threads) scratch_.emplace_back(static_cast<std::int64_t>(scratch_bytes));
  for (Stage& stage : stages_) {
    stage.tasks.resize(stage.parts.size());
    for (std::size_t i = 0; i < stage.parts.size(); ++i)
      stage.tasks[i] =
          static_cast<std::int32_t>(ceil_divide(units_of(stage.parts[i]), grain_of(stage.parts[i])));
  }
}

std::int64_t Stages::grain_of(const Part& part) const {
  return part.grain * std::max<std::int64_t>(1, ceil_divide(units_of(part), part.grain * kMostTasksPerPart));
}

void Stages::run(std::size_t stage, std::size_t part, std::int32_t task, int thread) noexcept {
  const Part& running = stages_[stage].parts[part];
  const std::int64_t grain = grain_of(running);
  const Range range{task * grain, std::min(units_of(running), (task + 1) * grain)};
  for (const Pass& pass : running.passes)
    pass.run(pass.op, context_, range, Scratch(scratch_[static_cast<std::size_t>(thread)].data(), thread));
}

}  // namespace lenet::cpu
