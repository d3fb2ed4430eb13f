#include "engine/train/resident_epochs.hpp"

#include <algorithm>
#include <chrono>

#include "engine/core/random.hpp"
#include "engine/core/thread.hpp"

namespace lenet::train {

std::int64_t ResidentEpochs::train(std::int64_t step, std::int64_t end) {
  const std::int64_t epoch = step / run_length_.steps_per_epoch;
  const std::int64_t next_epoch = run_length_.next_epoch(step);
  if (begun_ < epoch) begin_order(epoch);
  if (begun_ == epoch && order_.valid()) give_order();
  if (begun_ == epoch && next_epoch < run_length_.total_steps) begin_order(epoch + 1);
  if (is_order_ready()) give_order();
  return steps_.train(step, std::min(end, next_epoch) - step);
}

void ResidentEpochs::begin_order(std::int64_t epoch) {
  order_ = async_or_here([samples = samples_, seed = seed_, epoch] {
    return shuffled_indices(samples, seed, static_cast<std::uint64_t>(epoch));
  });
  begun_ = epoch;
}

void ResidentEpochs::give_order() { steps_.set_order(begun_, order_.get()); }

bool ResidentEpochs::is_order_ready() const {
  return order_.valid() && order_.wait_for(std::chrono::seconds(0)) != std::future_status::timeout;
}

}  // namespace lenet::train
