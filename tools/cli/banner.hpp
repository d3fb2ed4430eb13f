#pragma once

#include <string>

#include "engine/backend.hpp"
#include "engine/graph/graph.hpp"
#include "engine/train/observer.hpp"

namespace lenet::cli {

/// Returns a description of a run: device, data, optimizer, length, memory, folder. `source`: origin of the
/// data. `initial_weights`: the file that they came from, empty if they are random.
std::string banner(const train::RunInfo& run, const Program& program, const std::string& source,
                   const std::string& initial_weights = "");

/// Returns a table of what computes each product of the layers, with its workspace: a library's choice, or a
/// kernel of the device's backend. `width`: that of the terminal; 0 if there is none.
std::string implementations(Program& program, int width = 0);

/// Returns a table of layers, output shapes and parameter counts, in the style of Keras, that fits a
/// terminal of this width; 0 if there is none.
std::string summary(const Graph& graph, int width = 0);

}  // namespace lenet::cli
