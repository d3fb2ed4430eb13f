#pragma once

#include <memory>

#include "engine/backend.hpp"

namespace lenet::cpu {

struct CpuOptions {
  int threads = 0;  ///< 0: OMP_NUM_THREADS, or else one per core that this process may use
};

/// Returns the CPU backend. Several of its Programs may exist at the same time. Throws UsageError for a
/// negative number of threads.
std::unique_ptr<Backend> make_backend(const CpuOptions& options);

}  // namespace lenet::cpu
