#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "engine/graph/graph.hpp"
#include "engine/io/safetensors.hpp"

/// The tensors of a safetensors file that hold a graph's parameters, and the optimizer's moments of each.
namespace lenet::io {

/// Returns names and shapes of the tensors that a file must hold: the weights under their parameters' names,
/// then each moment under names like "optimizer.0.conv1.weight".
std::vector<SafetensorsTensor> expected_tensors(const Graph& graph, std::size_t moments);

/// Throws CheckpointError, which names `file`, the model and the tensor, if one is missing, has another
/// shape, or is not expected.
void require_tensors(const SafetensorsHeader& header, std::span<const SafetensorsTensor> expected,
                     std::string_view model, const std::filesystem::path& file);

/// Copies the weights and then each moment out of the payload, whose tensors may be in any order, into arrays
/// in canonical order. The file must have passed require_tensors().
std::vector<std::vector<float>> canonical_arrays(const SafetensorsHeader& header,
                                                 std::span<const float> payload, const Graph& graph,
                                                 std::size_t moments);

}  // namespace lenet::io
