#include "engine/cpu/parameters.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/rounding.hpp"
#include "engine/cpu/layout.hpp"

namespace lenet::cpu {
namespace {

using compile::ParameterArrays;

/// Calls body(canonical index, offset) for each element of a parameter.
template <class Body>
void for_each_element(const ParameterLayout& layout, const Body& body) {
  std::int64_t index = 0;
  for (std::int64_t output = 0; output < layout.outputs; ++output)
    for (std::int64_t channel = 0; channel < layout.channels; ++channel)
      for (std::int64_t y = 0; y < layout.height; ++y) {
        const std::int64_t row =
            layout.offset_of(output) + channel * layout.channel_step + y * layout.row_step;
        for (std::int64_t x = 0; x < layout.width; ++x) body(index++, row + x * layout.column_step);
      }
}

}  // namespace

Parameters::Parameters(const Graph& graph, std::vector<ParameterLayout> layouts, std::size_t arrays)
    : arrays_(std::max(arrays, ParameterArrays::moment(0))), canonical_count_(graph.parameter_count()) {
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    entries_.push_back(
        {.layout = layouts[i], .canonical_offset = graph.parameters()[i].offset, .offset = floats_});
    floats_ += round_up(layouts[i].floats, kFloatsPerCacheLine);
  }
  for (std::size_t i = 0; i < arrays_.size(); ++i)
    if (i != ParameterArrays::kGradients) arrays_[i] = Buffer<float>(floats_);
}

UpdateRule Parameters::with_arrays(UpdateRule rule) const {
  rule.weights = weights();
  rule.gradients = arrays_[ParameterArrays::kGradients].data();
  for (std::size_t i = 0; i < moments(); ++i) rule.moments[i] = arrays_[ParameterArrays::moment(i)].data();
  return rule;
}

void Parameters::import_array(std::size_t array, std::span<const float> canonical) {
  float* const values = arrays_[array].data();
  for (const Entry& entry : entries_) {
    const float* const from = canonical.data() + entry.canonical_offset;
    for_each_element(entry.layout, [&](std::int64_t index, std::int64_t offset) {
      values[entry.offset + offset] = from[index];
    });
  }
}

std::vector<float> Parameters::export_array(std::size_t array) const {
  std::vector<float> canonical(static_cast<std::size_t>(canonical_count_));
  const float* const values = arrays_[array].data();
  for (const Entry& entry : entries_) {
    float* const to = canonical.data() + entry.canonical_offset;
    for_each_element(entry.layout, [&](std::int64_t index, std::int64_t offset) {
      to[index] = values[entry.offset + offset];
    });
  }
  return canonical;
}

float* Parameters::copy_of(int parameter, std::int64_t floats) {
  Buffer<float>& copy = entries_[static_cast<std::size_t>(parameter)].copy;
  if (!copy.data()) copy = Buffer<float>(floats);
  return copy.data();
}

void Parameters::keep_gradients() {
  Buffer<float>& gradients = arrays_[ParameterArrays::kGradients];
  if (!gradients.data()) gradients = Buffer<float>(floats_);
}

}  // namespace lenet::cpu
