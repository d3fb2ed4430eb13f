#pragma once

#include <atomic>
#include <optional>

#include "engine/train/observer.hpp"

namespace lenet::train {

/// Request of a signal handler or an observer that the Trainer stop at the next step; the first reason
/// counts. A handler may also ask it to save the run's state and go on.
class StopRequest {
 public:
  // Both are safe to call from a signal handler.
  void ask_to_save() noexcept { save_.store(true); }
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
  /// Returns whether a save was asked for since the last call.
  bool take_save_request() noexcept { return save_.exchange(false); }

 private:
  static constexpr int kNone = -1;
  std::atomic<int> reason_{kNone};
  std::atomic<bool> save_{false};
  static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
};

}  // namespace lenet::train
