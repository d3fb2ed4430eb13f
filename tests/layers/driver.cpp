#include "tests/layers/driver.hpp"

#include <algorithm>

namespace lenet {

HostSlot& Driver::next_slot() {
  const std::span<HostSlot> ring = program_->slots().slots();
  HostSlot& slot = ring[next_];
  next_ = (next_ + 1) % ring.size();
  program_->slots().wait_until_free(slot.index);
  return slot;
}

const HostSlot& Driver::stage(const reference::Batch& batch) {
  HostSlot& slot = next_slot();
  std::ranges::copy(batch.pixels, slot.pixels.begin());
  std::ranges::copy(batch.labels, slot.labels.begin());
  slot.count = batch.count();
  slot.by_index = false;
  return slot;
}

void Driver::train(const reference::Batch& batch, std::int64_t step) {
  program_->train_step(stage(batch), step);
}

void Driver::train_by_index(std::span<const std::uint32_t> indices, std::int64_t step) {
  HostSlot& slot = next_slot();
  std::ranges::copy(indices, slot.sample_index.begin());
  slot.count = std::ssize(indices);
  slot.by_index = true;
  program_->train_step(slot, step);
}

void Driver::evaluate(const reference::Batch& batch) { program_->evaluate_batch(stage(batch)); }

std::vector<float> gradient_of(Backend& backend, const Graph& graph, const CompileOptions& options,
                               std::span<const float> parameters, const reference::Batch& batch,
                               std::int64_t step) {
  CompileOptions keeping = options;
  keeping.training.value().optimizer = kKeepGradient;
  Driver driver(backend, graph, keeping);
  driver.program().set_parameters(parameters);
  driver.train(batch, step);
  return driver.program().moments().at(0);
}

std::vector<float> gradient_of(Backend& backend, const Graph& graph, const TrainingOptions& training,
                               std::span<const float> parameters, const reference::Batch& batch,
                               std::int64_t step) {
  return gradient_of(backend, graph, CompileOptions{.training = training}, parameters, batch, step);
}

}  // namespace lenet
