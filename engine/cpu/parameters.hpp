#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/program.hpp"
#include "engine/cpu/buffer.hpp"
#include "engine/cpu/update_rule.hpp"
#include "engine/graph/graph.hpp"

namespace lenet::cpu {

/// Where an op wants the elements of a parameter. In canonical order they are outputs × channels × height ×
/// width; the steps are floats from one to the next. Outputs may be in blocks.
struct ParameterLayout {
  std::int64_t outputs = 0, channels = 1, height = 1, width = 1;
  std::int64_t output_step = 1, channel_step = 0, row_step = 0, column_step = 0;
  std::int64_t block = 0, block_step = 0;  ///< outputs per block; 0: there are no blocks
  std::int64_t floats = 0;                 ///< room for it, including padding, which stays zero

  std::int64_t offset_of(std::int64_t output) const {
    if (block == 0) return output * output_step;
    return output / block * block_step + output % block * output_step;
  }
};

/// All parameters of a graph in the layouts of its ops: a flat array each for the weights and, in training,
/// every moment, all with the same offsets, and one for the gradient if somebody asks for it.
class Parameters {
 public:
  /// `layouts`: one per parameter; `arrays`: number of arrays, as ParameterArrays counts them.
  Parameters(const Graph& graph, std::vector<ParameterLayout> layouts, std::size_t arrays);

  /// Returns the offset of a parameter in each array.
  std::int64_t offset(int parameter) const { return entries_[static_cast<std::size_t>(parameter)].offset; }
  float* weights() const { return arrays_[compile::ParameterArrays::kWeights].data(); }
  /// Returns the rule with its arrays set.
  UpdateRule with_arrays(UpdateRule rule) const;

  void import_array(std::size_t array, std::span<const float> canonical);
  std::vector<float> export_array(std::size_t array) const;
  /// Returns memory for a copy of a parameter in another layout, the same for all plans of a program.
  float* copy_of(int parameter, std::int64_t floats);
  /// Allocates the array for gradients unless that has been done.
  void keep_gradients();

  std::size_t moments() const { return arrays_.size() - compile::ParameterArrays::moment(0); }
  std::int64_t bytes_per_array() const { return floats_ * static_cast<std::int64_t>(sizeof(float)); }

 private:
  struct Entry {
    ParameterLayout layout;
    std::int64_t canonical_offset = 0, offset = 0;
    Buffer<float> copy = {};
  };

  std::vector<Entry> entries_;
  std::vector<Buffer<float>> arrays_;
  std::int64_t canonical_count_ = 0, floats_ = 0;
};

}  // namespace lenet::cpu
