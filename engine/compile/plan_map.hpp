#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace lenet::compile {

enum class Mode { inference, training };

/// The plans of a program: one per batch size and mode.
template <class Plan>
class PlanMap {
 public:
  /// Returns the plan for a batch size and mode. The first request for it calls make(batch, mode).
  template <class Make>
  Plan& get(std::int64_t batch, Mode mode, const Make& make) {
    std::unique_ptr<Plan>& found = plans_[{batch, mode}];
    if (!found) found = make(batch, mode);
    return *found;
  }

  auto begin() const { return plans_.begin(); }
  auto end() const { return plans_.end(); }

 private:
  std::map<std::pair<std::int64_t, Mode>, std::unique_ptr<Plan>> plans_;
};

}  // namespace lenet::compile
