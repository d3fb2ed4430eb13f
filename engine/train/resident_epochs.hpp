#pragma once

#include <cstdint>
#include <future>
#include <vector>

#include "engine/backend.hpp"
#include "engine/train/run_length.hpp"

namespace lenet::train {

/// Trains epoch after epoch on data that the device holds: gives it the order of each, which a task computes
/// while the epoch before runs.
class ResidentEpochs {
 public:
  /// `steps` must outlive this. The orders are those of BatchStream: of `samples` and `seed`.
  ResidentEpochs(ResidentSteps& steps, std::int64_t samples, std::uint64_t seed, const RunLength& run_length)
      : steps_(steps), samples_(samples), seed_(seed), run_length_(run_length) {}

  /// Takes at least one step from number `step` on, and none from `end` on. Returns how many.
  std::int64_t train(std::int64_t step, std::int64_t end);

 private:
  /// Starts to compute the order of an epoch.
  void begin_order(std::int64_t epoch);
  /// Gives the order that was begun to the device; waits for it.
  void give_order();
  bool is_order_ready() const;

  ResidentSteps& steps_;
  std::int64_t samples_;
  std::uint64_t seed_;
  RunLength run_length_;
  std::int64_t begun_ = -1;                        ///< the last epoch whose order was begun
  std::future<std::vector<std::uint32_t>> order_;  ///< valid until it is given
};

}  // namespace lenet::train
