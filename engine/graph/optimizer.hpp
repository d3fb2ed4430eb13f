#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/core/learning_rate.hpp"
#include "engine/graph/setting.hpp"

/// Optimizers as plain data. Each has its name (the value of --optimizer), its title for display, its number
/// of moments (arrays with one float per parameter, saved in last.bin) and its settings other than the
/// learning rate.
namespace lenet {

/// Plain stochastic gradient descent: w -= lr · g.
struct Sgd {
  static constexpr std::string_view kName = "sgd";
  static constexpr std::string_view kTitle = "SGD";
  static constexpr std::size_t kMoments = 0;
  LearningRate learning_rate = 0.5f;

  constexpr std::array<Setting, 0> settings() const { return {}; }
};

/// Adam (Kingma and Ba 2015). Epsilon is added to the bias-corrected root, as in the paper and in PyTorch.
struct Adam {
  static constexpr std::string_view kName = "adam";
  static constexpr std::string_view kTitle = "Adam";
  static constexpr std::size_t kMoments = 2;
  LearningRate learning_rate = 1e-4f;
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;

  constexpr std::array<Setting, 3> settings() const {
    return {{{"β1", beta1}, {"β2", beta2}, {"ε", epsilon}}};
  }
};

using Optimizer = std::variant<Sgd, Adam>;

constexpr std::string_view optimizer_name(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.kName; }, optimizer);
}

constexpr std::size_t moment_count(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.kMoments; }, optimizer);
}

constexpr const LearningRate& learning_rate_of(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) -> const LearningRate& { return kind.learning_rate; }, optimizer);
}

constexpr std::string_view optimizer_title(const Optimizer& optimizer) {
  return std::visit([](const auto& kind) { return kind.kTitle; }, optimizer);
}

/// One of each optimizer, with its default settings.
inline constexpr auto kOptimizers = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array{Optimizer(std::in_place_index<I>)...};
}
(std::make_index_sequence<std::variant_size_v<Optimizer>>{});

/// The names of all optimizers: "sgd", "adam".
inline constexpr auto kOptimizerNames = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array{optimizer_name(kOptimizers[I])...};
}
(std::make_index_sequence<kOptimizers.size()>{});

}  // namespace lenet
