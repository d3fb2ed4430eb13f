#include "tests/faults/harness/trials.hpp"

#include <utility>

namespace lenet::faults {

void Trials::begin(std::string what) {
  ++tries_;
  is_lost_ = false;
  what_ = std::move(what);
}

bool Trials::demand(bool holds, std::string_view why) {
  if (holds || is_lost_) return holds;
  is_lost_ = true;
  losses_.push_back(what_ + ": " + std::string(why));
  return false;
}

}  // namespace lenet::faults
