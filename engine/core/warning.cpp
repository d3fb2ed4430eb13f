#include "engine/core/warning.hpp"

#include <iostream>
#include <mutex>
#include <utility>

namespace lenet {
namespace {

std::mutex mutex;

WarningHandler& handler() {
  static WarningHandler shows = [](const std::string& line) { std::cerr << line + '\n'; };
  return shows;
}

}  // namespace

void warn(const std::string& line) {
  const std::lock_guard lock(mutex);
  handler()(line);
}

WarningHandler set_warning_handler(WarningHandler next) {
  const std::lock_guard lock(mutex);
  return std::exchange(handler(), std::move(next));
}

}  // namespace lenet
