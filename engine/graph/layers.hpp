#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

/// The layers as plain data: what they compute is the backends' business, what shapes they give the graph's.
namespace lenet {

enum class Padding {
  valid,  ///< none: the output shrinks by kernel - 1
  same,   ///< zeros on every side, so that the output has the input's height and width; odd kernels only
};

/// Cross-correlation with stride 1, plus a bias a filter. C×H×W → filters×H'×W'. Weights O×I×K×K.
struct Conv2d {
  std::int64_t filters = 0;
  std::int64_t kernel = 0;
  Padding padding = Padding::valid;
};

/// y = W x + b over a vector. (n) → (units). Weights units×n.
struct Linear {
  std::int64_t units = 0;
};

/// max(x, 0); its gradient at 0 is 0.
struct Relu {};

/// The maximum of each window×window square, stride = window; rows and columns left over at the bottom and
/// the right are dropped. The gradient goes to the first maximum in row order.
struct MaxPool2d {
  std::int64_t window = 2;
};

/// C×H×W → (C·H·W), in that order.
struct Flatten {};

/// Drops each element with probability `rate` in training and scales the others by 1 / (1 - rate).
struct Dropout {
  float rate = 0.5f;
};

using Layer = std::variant<Conv2d, Linear, Relu, MaxPool2d, Flatten, Dropout>;

/// "Conv2d", "Linear", …
std::string_view kind_of(const Layer& layer);

}  // namespace lenet
