#pragma once

#include <memory>

#include "engine/backend.hpp"

namespace lenet::cpu {

struct CpuOptions {
  int threads = 0;  ///< at most one per core that this process may use; 0: one per core
};

/// Returns the CPU backend, which uses oneDNN. Several of its Programs may exist at the same time. Throws
/// UsageError for a negative number of threads.
std::unique_ptr<Backend> make_backend(const CpuOptions& options);

}  // namespace lenet::cpu
