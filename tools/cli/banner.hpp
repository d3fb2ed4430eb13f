#pragma once

#include <string>

#include "engine/backend.hpp"
#include "engine/graph/graph.hpp"
#include "engine/train/observer.hpp"

namespace lenet::cli {

/// What will run: device, data, optimizer, length, memory, folder. `source` says where the data came from.
std::string banner(const train::RunInfo& run, const Program& program, const std::string& source);

/// Layers, output shapes and parameter counts, as Keras prints them.
std::string summary(const Graph& graph);

}  // namespace lenet::cli
