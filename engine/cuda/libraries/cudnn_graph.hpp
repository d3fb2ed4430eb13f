#pragma once

#include <cstdint>
#include <cudnn_frontend.h>
#include <memory>

#include "engine/cuda/libraries/cudnn_conv.hpp"

/// cuDNN's graphs of convolutions. Only cudnn_conv.cpp includes this header: it pulls in cuDNN's frontend.
namespace lenet::cuda {

/// Identifiers of a graph's tensors, under which they get their memory.
enum Uid : std::int64_t { kX = 1, kW, kY, kBias, kOut };

/// Returns a convolution as cuDNN's operation graph.
std::shared_ptr<cudnn_frontend::graph::Graph> conv_graph(ConvKind kind, const ConvShape& shape,
                                                         DType element);

}  // namespace lenet::cuda
