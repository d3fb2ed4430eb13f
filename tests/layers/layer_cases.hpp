#pragma once

#include <string>
#include <vector>

#include "engine/graph/graph.hpp"

namespace lenet {

/// A graph that shows one kind of layer in a particular position, and what is particular about it.
struct LayerCase {
  std::string what;
  Graph graph;
};

/// The graphs that test a kind of layer. A layer added to the variant Layer does not link until it has some.
template <class Kind>
std::vector<LayerCase> cases_of();

}  // namespace lenet
