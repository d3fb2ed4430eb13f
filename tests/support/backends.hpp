#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backend.hpp"

namespace lenet {

/// A backend under test.
struct TestBackend {
  std::string name;  ///< "cpu with 2 threads", "cuda:0"
  std::unique_ptr<Backend> backend;
};

/// Every backend that this machine can open: the CPU with one and with two threads, and whatever else
/// list_devices() finds. Opened once a process. Tests loop over it, so that a new backend is tested by being
/// there. The environment's LENET_TEST_DEVICE names the one that there has to be beside the CPU: where it
/// cannot be opened, tests fail.
std::vector<TestBackend>& available_backends();

}  // namespace lenet
