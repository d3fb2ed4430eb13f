#include "engine/io/parameter_tensors.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"

namespace lenet::io {
namespace {

std::string moment_name(std::size_t moment, const Parameter& parameter) {
  return fmt::format("optimizer.{}.{}", moment, parameter.name);
}

/// Returns the names of tensors, or of the first three: "'0.weight', '0.bias' and 2 more".
std::string names_text(std::span<const std::string_view> names) {
  constexpr std::size_t kShown = 3;
  const std::size_t shown = std::min(names.size(), kShown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : i + 1 == names.size() ? " and " : ", ", shortened(names[i]));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

/// Returns the names of the file's tensors that are not expected, in the file's order.
std::vector<std::string_view> unexpected_names(const SafetensorsHeader& header,
                                               std::span<const SafetensorsTensor> expected) {
  std::vector<std::string_view> names;
  for (const SafetensorsEntry& entry : header.tensors)
    if (std::ranges::find(expected, entry.name, &SafetensorsTensor::name) == expected.end())
      names.push_back(entry.name);
  return names;
}

}  // namespace

std::vector<SafetensorsTensor> expected_tensors(const Graph& graph, std::size_t moments) {
  std::vector<SafetensorsTensor> tensors;
  for (const Parameter& parameter : graph.parameters())
    tensors.push_back({.name = parameter.name, .shape = parameter.shape});
  for (std::size_t moment = 0; moment < moments; ++moment)
    for (const Parameter& parameter : graph.parameters())
      tensors.push_back({.name = moment_name(moment, parameter), .shape = parameter.shape});
  return tensors;
}

void require_tensors(const SafetensorsHeader& header, std::span<const SafetensorsTensor> expected,
                     std::string_view model, const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& what) {
    throw CheckpointError(fmt::format("{}: {}", file.string(), what));
  };
  const std::vector<std::string_view> others = unexpected_names(header, expected);
  for (const SafetensorsTensor& tensor : expected) {
    const auto entry = std::ranges::find(header.tensors, tensor.name, &SafetensorsEntry::name);
    if (entry == header.tensors.end())
      refuse(fmt::format("the tensor '{}' of model '{}' is missing{}", tensor.name, model,
                         others.empty() ? "" : "; the file has " + names_text(others)));
    if (entry->shape != tensor.shape)
      refuse(fmt::format("'{}' has shape {}, expected {} for model '{}'", tensor.name,
                         to_string(entry->shape), to_string(tensor.shape), model));
  }
  if (!others.empty())
    refuse(fmt::format("has tensors that are not in model '{}': {}", model, names_text(others)));
}

std::vector<std::vector<float>> canonical_arrays(const SafetensorsHeader& header,
                                                 std::span<const float> payload, const Graph& graph,
                                                 std::size_t moments) {
  std::map<std::string_view, std::span<const float>> values;
  for (const SafetensorsEntry& entry : header.tensors) {
    values[entry.name] = payload.first(entry.count());
    payload = payload.subspan(entry.count());
  }
  std::vector<std::vector<float>> arrays(1 + moments);
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    arrays[i].reserve(static_cast<std::size_t>(graph.parameter_count()));
    for (const Parameter& parameter : graph.parameters()) {
      const auto part = values.at(i == 0 ? parameter.name : moment_name(i - 1, parameter));
      arrays[i].insert(arrays[i].end(), part.begin(), part.end());
    }
  }
  return arrays;
}

}  // namespace lenet::io
