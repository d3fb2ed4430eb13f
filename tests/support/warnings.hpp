#pragma once

#include <string>
#include <vector>

#include "engine/core/warning.hpp"

namespace lenet {

/// Collects the warnings of its lifetime.
class Warnings {
 public:
  Warnings() : before_(set_warning_handler([this](const std::string& line) { lines.push_back(line); })) {}
  ~Warnings() { set_warning_handler(before_); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  std::vector<std::string> lines;

 private:
  WarningHandler before_;
};

}  // namespace lenet
