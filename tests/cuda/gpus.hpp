#pragma once

#include <string>
#include <vector>

#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"

namespace lenet {

/// The GPUs among available_backends(): those of this machine, or the simulated one.
inline std::vector<TestBackend*> gpus() {
  std::vector<TestBackend*> found;
  for (TestBackend& backend : available_backends())
    if (backend.backend->info().name.starts_with("cuda")) found.push_back(&backend);
  return found;
}

inline bool is_simulated(const TestBackend& gpu) { return gpu.name.starts_with("simulated"); }

/// The precisions to test. The simulated GPU has no TF32: it would be float32 once more.
inline std::vector<Precision> precisions_of(const TestBackend& gpu) {
  if (is_simulated(gpu)) return {Precision::fp32, Precision::bf16};
  const bool before_tensor_floats =
      gpu.backend->info().description.find("compute capability 7.") != std::string::npos;
  if (before_tensor_floats) return {Precision::fp32};
  return {Precision::fp32, Precision::tf32, Precision::bf16};
}

}  // namespace lenet

#define FOR_EACH_GPU(gpu)                                    \
  if (gpus().empty()) LENET_SKIP("this machine has no GPU"); \
  for (TestBackend * gpu : gpus())
