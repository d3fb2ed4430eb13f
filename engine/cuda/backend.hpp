#pragma once

#include <memory>

#include "engine/backend.hpp"

namespace lenet::cuda {

/// The backend of CUDA device number `index`. Throws DeviceError.
std::unique_ptr<Backend> make_backend(int index);

}  // namespace lenet::cuda
