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
template <>
std::vector<LayerCase> cases_of<Conv2d>();
template <>
std::vector<LayerCase> cases_of<Linear>();
template <>
std::vector<LayerCase> cases_of<Relu>();
template <>
std::vector<LayerCase> cases_of<MaxPool2d>();
template <>
std::vector<LayerCase> cases_of<Flatten>();
template <>
std::vector<LayerCase> cases_of<Dropout>();

}  // namespace lenet
