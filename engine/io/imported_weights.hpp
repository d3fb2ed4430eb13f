#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/graph/graph.hpp"

namespace lenet::io {

/// Reads weights that another program saved as a safetensors file, such as PyTorch's
/// `save_file(model.state_dict(), path)`: one tensor for each of the graph's parameters, with its name and
/// shape, in float32 or in a type that is converted to it. Returns them in canonical order. `model` is used
/// only in errors. Throws CheckpointError, which names the file and the tensor, if one is missing, not
/// expected, of another shape or type, or if a value is not finite as a float; IoError if the file cannot be
/// read.
std::vector<float> import_weights(const std::filesystem::path& path, const Graph& graph,
                                  std::string_view model);

}  // namespace lenet::io
