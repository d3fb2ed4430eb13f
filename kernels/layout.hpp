#pragma once

namespace lenet::kernels {

/// How images lie in memory.
enum class Layout {
  channels_last,   ///< N×H×W×C
  channels_first,  ///< N×C×H×W
};

}  // namespace lenet::kernels
