#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/core/learning_rate.hpp"

/// Optimizers as plain data. Each carries its name, as --optimizer takes it, and how many moments it keeps:
/// arrays of one float per parameter that a checkpoint holds.
namespace lenet {

/// Plain stochastic gradient descent: w -= lr · g.
struct Sgd {
  static constexpr std::string_view kName = "sgd";
  static constexpr std::size_t kMoments = 0;
  LearningRate learning_rate = 0.5f;
};

/// Adam of Kingma and Ba (2015); epsilon is added to the bias-corrected root, as in the paper and in PyTorch.
struct Adam {
  static constexpr std::string_view kName = "adam";
  static constexpr std::size_t kMoments = 2;
  LearningRate learning_rate = 1e-4f;
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
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
