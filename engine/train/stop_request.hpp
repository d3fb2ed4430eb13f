#pragma once

#include <atomic>
#include <optional>

#include "engine/train/observer.hpp"

namespace lenet::train {

/// Request of a signal handler or an observer that the Trainer stop at the next step. The first reason
/// counts.
class StopRequest {
 public:
  /// Safe to call from a signal handler.
  void ask(RunEnd::Reason reason) noexcept {
    int none = kNone;
    reason_.compare_exchange_strong(none, static_cast<int>(reason));
  }
  bool asked() const noexcept { return reason_.load(std::memory_order_relaxed) != kNone; }
  /// Returns the reason of the first request, or nullopt if there was none.
  std::optional<RunEnd::Reason> reason() const noexcept {
    const int reason = reason_.load();
    if (reason == kNone) return std::nullopt;
    return static_cast<RunEnd::Reason>(reason);
  }

 private:
  static constexpr int kNone = -1;
  std::atomic<int> reason_{kNone};
  static_assert(std::atomic<int>::is_always_lock_free);
};

}  // namespace lenet::train
