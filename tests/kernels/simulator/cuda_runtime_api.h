#pragma once

/// Replaces CUDA's header of this name where the backend runs on the simulator.
#include "tests/kernels/simulator/runtime.hpp"
