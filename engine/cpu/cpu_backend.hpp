#pragma once

#include <memory>

#include "engine/backend.hpp"

namespace lenet::cpu {

struct CpuOptions {
  int threads = 0;  ///< at most one a core that this process may use; 0: as many
};

/// The CPU backend, on oneDNN. Any number of its Programs may live at once.
std::unique_ptr<Backend> make_backend(const CpuOptions& options);

}  // namespace lenet::cpu
