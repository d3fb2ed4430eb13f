#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/graph/graph.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/graph/optimizer.hpp"

namespace lenet {

/// How a model is trained unless flags say otherwise. Exactly one of `epochs` and `steps` is set.
struct Recipe {
  std::string name;
  Optimizer optimizer;
  std::int64_t batch = 50;
  std::optional<std::int64_t> epochs;
  std::optional<std::int64_t> steps;
};

/// A network as data: what it computes, how its weights begin, how it is trained.
struct Model {
  std::string name;
  Graph graph;
  Initializer initializer;
  Recipe recipe;
};

}  // namespace lenet
