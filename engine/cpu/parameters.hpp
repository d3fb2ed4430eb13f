#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/program.hpp"
#include "engine/cpu/buffer.hpp"
#include "engine/cpu/onednn.hpp"
#include "engine/graph/graph.hpp"
#include "engine/graph/optimizer.hpp"

namespace lenet::cpu {

/// All parameters of a graph in oneDNN's memory layouts: a flat array each for the weights and, in training,
/// the gradients and every moment, all with the same offsets. Blocked layouts may be padded; the padding
/// stays zero under every update.
class Parameters : public compile::ParameterArrays {
 public:
  /// `layouts`: one memory descriptor per parameter; `arrays`: number of arrays.
  Parameters(dnnl::stream& stream, const Graph& graph, const std::vector<onednn::Desc>& layouts,
             std::size_t arrays);

  /// Returns the part of an array that belongs to one parameter.
  const dnnl::memory& memory(std::size_t array, int parameter) const {
    return entries_[static_cast<std::size_t>(parameter)].memory[array];
  }

  void import_array(std::size_t array, std::span<const float> canonical) override;
  std::vector<float> export_array(std::size_t array) const override;

  /// Takes one optimizer step over all parameters; `step` counts from 0. Returns whether all new weights are
  /// finite.
  bool update(const Optimizer& optimizer, std::int64_t step);

  /// Returns a number that increases whenever the weights change: copies in other layouts are then stale.
  std::int64_t version() const { return version_; }
  std::size_t arrays() const { return arrays_.size(); }
  std::int64_t bytes_per_array() const;

 private:
  struct Entry {
    onednn::Desc canonical;
    std::int64_t offset;               ///< offset in the canonical order
    std::vector<dnnl::memory> memory;  ///< one per array
  };

  dnnl::stream& stream_;
  std::vector<Entry> entries_;
  std::vector<Buffer> arrays_;
  std::vector<float*> moments_;  ///< pointers to the arrays of moments
  std::int64_t canonical_count_;
  std::int64_t version_ = 0;
};

}  // namespace lenet::cpu
