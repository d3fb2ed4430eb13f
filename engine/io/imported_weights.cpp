#include "engine/io/imported_weights.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <span>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/io/parameter_tensors.hpp"
#include "engine/io/safetensors.hpp"

namespace lenet::io {
namespace {

/// Such a value would turn every prediction into NaN; a double may have become one in the conversion.
void require_finite(const Graph& graph, std::span<const float> weights, const std::filesystem::path& file) {
  for (const Parameter& parameter : graph.parameters()) {
    if (!std::ranges::all_of(parameter.in(weights), [](float value) { return std::isfinite(value); }))
      throw CheckpointError(
          fmt::format("{}: '{}' has a value that is not finite as a float32", file.string(), parameter.name));
  }
}

}  // namespace

std::vector<float> import_weights(const std::filesystem::path& path, const Graph& graph,
                                  std::string_view model) {
  SafetensorsReader reader(path);
  require_tensors(reader.header(), expected_tensors(graph, 0), model, path);
  auto arrays = canonical_arrays(reader.header(), reader.read_payload(), graph, 0);
  require_finite(graph, arrays.front(), path);
  return std::move(arrays.front());
}

}  // namespace lenet::io
