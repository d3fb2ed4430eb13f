#include "engine/train/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace lenet::train {
namespace {

void fill(HostSlot& slot, const DatasetView& samples) {
  std::ranges::copy(samples.pixels, slot.pixels.begin());
  std::ranges::copy(samples.labels, slot.labels.begin());
  slot.count = samples.count();
  slot.by_index = false;
}

}  // namespace

Metrics evaluate(Program& program, const DatasetView& data) {
  return evaluate(program, data, [] { return false; }).value();
}

std::optional<Metrics> evaluate(Program& program, const DatasetView& data,
                                const std::function<bool()>& is_stopped) {
  const ProgramRange range(program, "evaluation");
  program.reset_metrics();
  const auto slots = program.slots().slots();
  std::size_t next = 0;
  for (std::int64_t first = 0; first < data.count(); first += program.evaluation_batch()) {
    if (is_stopped()) {
      program.reset_metrics();
      return std::nullopt;
    }
    const DatasetView samples =
        data.subset(first, std::min(program.evaluation_batch(), data.count() - first));
    if (program.evaluate_resident(samples)) continue;
    HostSlot& slot = slots[next];
    next = (next + 1) % slots.size();
    program.slots().wait_until_free(slot.index);
    fill(slot, samples);
    program.evaluate_batch(slot);
  }
  const Metrics metrics = program.metrics();
  program.reset_metrics();
  return metrics;
}

std::vector<std::vector<std::int64_t>> confusion_rows(const Metrics& metrics) {
  const auto classes = static_cast<std::ptrdiff_t>(std::lround(std::sqrt(metrics.confusion.size())));
  std::vector<std::vector<std::int64_t>> rows;
  for (auto row = metrics.confusion.begin(); row != metrics.confusion.end(); row += classes)
    rows.emplace_back(row, row + classes);
  return rows;
}

}  // namespace lenet::train
