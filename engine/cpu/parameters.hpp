#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/cpu/buffer.hpp"
#include "engine/cpu/onednn.hpp"
#include "engine/graph/graph.hpp"
#include "engine/graph/recipe.hpp"

namespace lenet::cpu {

/// All parameters of a graph in oneDNN's layouts, in four flat arrays that share their offsets: weights,
/// gradients and Adam's two moments. Blocked layouts may be padded; the padding stays zero under every
/// update.
class Parameters {
 public:
  enum Array { weights, gradients, moment1, moment2, kArrays };

  /// `layouts` holds the memory descriptor of each of the graph's parameters, `moments` how many the
  /// optimizer keeps (0 or 2).
  Parameters(const dnnl::engine& engine, const Graph& graph, std::vector<onednn::Desc> layouts, int moments);

  const onednn::Desc& layout(int parameter) const {
    return entries_[static_cast<std::size_t>(parameter)].layout;
  }
  /// One parameter's part of an array.
  const dnnl::memory& memory(Array array, int parameter) const {
    return entries_[static_cast<std::size_t>(parameter)].memory[array];
  }

  /// Copies a whole array from or to the graph's canonical order.
  void import_array(dnnl::stream& stream, Array array, std::span<const float> canonical);
  std::vector<float> export_array(dnnl::stream& stream, Array array) const;

  /// One step of the optimizer over all parameters; `step` counts from 0.
  void update(const Optimizer& optimizer, std::int64_t step);

  /// Grows by one whenever the weights change, so that copies in other layouts know when they are stale.
  std::int64_t version() const { return version_; }
  int moments() const { return moments_; }
  std::int64_t bytes(Array array) const;

 private:
  struct Entry {
    onednn::Desc layout;
    onednn::Desc canonical;
    std::int64_t offset;  ///< in the canonical order
    std::array<dnnl::memory, kArrays> memory;
  };

  dnnl::engine engine_;
  std::vector<Entry> entries_;
  std::array<Buffer, kArrays> arrays_;
  std::int64_t canonical_count_;
  std::int64_t version_ = 0;
  int moments_;
};

}  // namespace lenet::cpu
