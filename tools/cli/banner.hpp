#pragma once

#include <string>

#include "engine/backend.hpp"
#include "engine/graph/graph.hpp"
#include "engine/train/observer.hpp"

namespace lenet::cli {

/// Describes a run: device, data, optimizer, length, memory, folder. `source` is where the data came from.
std::string banner(const train::RunInfo& run, const Program& program, const std::string& source);

/// Lists layers, output shapes and parameter counts, as Keras does.
std::string summary(const Graph& graph);

}  // namespace lenet::cli
