#pragma once

#include <cstdint>
#include <cudnn_frontend.h>
#include <memory>

#include "engine/cuda/libraries/cudnn_conv.hpp"

/// What conv.cpp plans and runs. Nothing else includes this: it brings cuDNN's frontend along.
namespace lenet::cuda {

/// The numbers of a graph's tensors, by which they get their memory.
enum Uid : std::int64_t { kX = 1, kW, kY, kBias, kOut };

/// One convolution as cuDNN's operation graph.
std::shared_ptr<cudnn_frontend::graph::Graph> conv_graph(ConvKind kind, const ConvShape& shape,
                                                         DType element);

}  // namespace lenet::cuda
