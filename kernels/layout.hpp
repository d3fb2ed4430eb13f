#pragma once

namespace lenet::kernels {

/// Memory layout of images.
enum class Layout {
  channels_last,   ///< N×H×W×C
  channels_first,  ///< N×C×H×W
};

}  // namespace lenet::kernels
