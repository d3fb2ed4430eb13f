#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/graph/graph.hpp"
#include "engine/graph/initializer.hpp"

namespace lenet {

/// Plain stochastic gradient descent: w -= lr · g.
struct Sgd {
  float learning_rate = 0.5f;
};

/// Adam of Kingma and Ba (2015); epsilon beside the bias-corrected root, as in the paper and in PyTorch.
struct Adam {
  float learning_rate = 1e-4f;
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
};

using Optimizer = std::variant<Sgd, Adam>;

/// "sgd", "adam"
constexpr std::string_view optimizer_name(const Optimizer& optimizer) {
  return std::holds_alternative<Adam>(optimizer) ? "adam" : "sgd";
}

inline float learning_rate_of(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.learning_rate; }, optimizer);
}

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
