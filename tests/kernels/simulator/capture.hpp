#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <thread>
#include <vector>

/// Stream capture by CUDA's rules: what the captured streams were given becomes a graph, whose edges are the
/// order within each stream and the events between them.
namespace simulator {

class Stream;

/// Numbers of pieces of work in a graph.
using Nodes = std::set<std::size_t>;

class Graph {
 public:
  /// Adds work that runs after all of `earlier`. Returns its number.
  std::size_t add(std::function<void()> work, const Nodes& earlier);
  /// Returns the work in an order that its edges allow: from those that may run next, in the order in which
  /// they were captured, pick(number of them) chooses.
  std::vector<std::function<void()>> in_order(const std::function<std::size_t(std::size_t)>& pick) const;
  /// Returns whether all of `nodes` have run when those of `last` have.
  bool precede(const Nodes& nodes, const Nodes& last) const;

 private:
  struct Node {
    std::function<void()> work;
    Nodes earlier;
  };
  std::vector<Node> nodes_;
};

/// A capture that has begun. `streams` are the one in which it began and those that wait for captured events.
struct Capture {
  Stream* origin = nullptr;
  std::thread::id thread = std::this_thread::get_id();
  std::set<Stream*> streams = {};
  bool invalid = false;  ///< a call that CUDA forbids was made
  bool ended = false;
  Graph graph = {};
};

}  // namespace simulator
