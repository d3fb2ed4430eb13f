#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "engine/graph/setting.hpp"

/// Layers as plain data. Each has its kind (as summaries show it), the stem of generated names, its role in
/// fusion, and its settings. Shape rules and parameters are in graph.cpp, the computation in the backends.
namespace lenet {

/// The role of a layer in a segment, a run of layers that a backend compiles into one op.
enum class Fusion {
  main,     ///< starts a segment that others may extend
  relu,     ///< may follow a main layer
  pool,     ///< may follow a main layer and its ReLU
  dropout,  ///< may follow any of these
  none,     ///< forms a segment of its own
};

enum class Padding {
  valid,  ///< no padding: height and width shrink by kernel - 1
  same,   ///< zeros on all sides, to keep height and width; odd kernels only
};

/// Cross-correlation with stride 1, plus one bias per filter. C×H×W → filters×H'×W'.
/// Parameters: weight O×I×K×K, bias O.
struct Conv2d {
  static constexpr std::string_view kKind = "Conv2d";
  static constexpr std::string_view kStem = "conv";
  static constexpr Fusion kFusion = Fusion::main;
  static constexpr std::size_t kWeight = 0, kBias = 1;  ///< indices in Node::parameters
  std::int64_t filters = 0;
  std::int64_t kernel = 0;
  Padding padding = Padding::valid;

  constexpr std::array<Setting, 3> settings() const {
    const std::string_view shown = padding == Padding::same ? "same" : "valid";
    return {{{"filters", filters}, {"kernel", kernel}, {"padding", shown}}};
  }
};

/// y = W x + b over a vector. (n) → (units). Parameters: weight units×n, bias units.
struct Linear {
  static constexpr std::string_view kKind = "Linear";
  static constexpr std::string_view kStem = "fc";
  static constexpr Fusion kFusion = Fusion::main;
  static constexpr std::size_t kWeight = 0, kBias = 1;  ///< indices in Node::parameters
  std::int64_t units = 0;

  constexpr std::array<Setting, 1> settings() const { return {{{"units", units}}}; }
};

/// max(x, 0); its gradient at 0 is 0.
struct Relu {
  static constexpr std::string_view kKind = "ReLU";
  static constexpr std::string_view kStem = "relu";
  static constexpr Fusion kFusion = Fusion::relu;

  constexpr std::array<Setting, 0> settings() const { return {}; }
};

/// The maximum of each window×window square, with stride = window. Drops rows and columns that do not fill a
/// window. The gradient goes to the first maximum in row order.
struct MaxPool2d {
  static constexpr std::string_view kKind = "MaxPool2d";
  static constexpr std::string_view kStem = "max_pool";
  static constexpr Fusion kFusion = Fusion::pool;
  std::int64_t window = 2;

  constexpr std::array<Setting, 1> settings() const { return {{{"window", window}}}; }
};

/// C×H×W → (C·H·W), in that order.
struct Flatten {
  static constexpr std::string_view kKind = "Flatten";
  static constexpr std::string_view kStem = "flatten";
  static constexpr Fusion kFusion = Fusion::none;

  constexpr std::array<Setting, 0> settings() const { return {}; }
};

/// In training sets each element to zero with probability `rate` and scales the others by 1 / (1 - rate).
struct Dropout {
  static constexpr std::string_view kKind = "Dropout";
  static constexpr std::string_view kStem = "dropout";
  static constexpr Fusion kFusion = Fusion::dropout;
  float rate = 0.5f;

  constexpr std::array<Setting, 1> settings() const { return {{{"rate", rate}}}; }
};

using Layer = std::variant<Conv2d, Linear, Relu, MaxPool2d, Flatten, Dropout>;

constexpr Fusion fusion_of(const Layer& layer) {
  return std::visit([](const auto& kind) { return kind.kFusion; }, layer);
}

/// "Conv2d", "Linear", …
constexpr std::string_view kind_of(const Layer& layer) {
  return std::visit([](const auto& kind) { return kind.kKind; }, layer);
}

}  // namespace lenet
