#include "engine/train/evaluation.hpp"

#include <algorithm>
#include <cstddef>

namespace lenet {
namespace {

// Copies `count` samples from `first` on into the slot.
void fill(HostSlot& slot, const DatasetView& data, std::int64_t first, std::int64_t count) {
  const auto begin = static_cast<std::size_t>(first);
  const auto samples = static_cast<std::size_t>(count);
  const std::size_t pixels = data.pixels.size() / data.labels.size();
  std::ranges::copy(data.pixels.subspan(begin * pixels, samples * pixels), slot.pixels.begin());
  std::ranges::copy(data.labels.subspan(begin, samples), slot.labels.begin());
  slot.count = count;
  slot.by_index = false;
}

}  // namespace

Metrics evaluate(Program& program, const DatasetView& data) {
  const ProgramRange range(program, "evaluation");
  program.reset_metrics();
  const auto slots = program.slots().slots();
  std::size_t next = 0;
  for (std::int64_t first = 0; first < data.count(); first += program.evaluation_batch()) {
    HostSlot& slot = slots[next];
    next = (next + 1) % slots.size();
    program.slots().wait_until_free(slot.index);
    fill(slot, data, first, std::min(program.evaluation_batch(), data.count() - first));
    program.evaluate_batch(slot);
  }
  const Metrics metrics = program.metrics();
  program.reset_metrics();
  return metrics;
}

std::vector<std::vector<std::int64_t>> confusion_rows(const Metrics& metrics) {
  std::vector<std::vector<std::int64_t>> rows;
  for (auto row = metrics.confusion.begin(); row != metrics.confusion.end(); row += kClasses)
    rows.emplace_back(row, row + kClasses);
  return rows;
}

}  // namespace lenet
