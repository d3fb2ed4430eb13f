#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/graph/graph.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/graph/optimizer.hpp"

namespace lenet {

/// The default training settings of a model; options override them. Exactly one of `epochs` and `steps` is
/// set.
struct Recipe {
  std::string name;
  Optimizer optimizer;
  std::int64_t batch = 50;
  std::optional<std::int64_t> epochs;
  std::optional<std::int64_t> steps;
};

/// A network as data: its graph, its initial weights and its training settings.
struct Model {
  std::string name;
  Graph graph;
  Initializer initializer;
  Recipe recipe;
};

}  // namespace lenet
