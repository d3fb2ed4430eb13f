#include "engine/cpu/parameters.hpp"

#include "engine/core/rounding.hpp"
#include "engine/cpu/optimizers.hpp"

namespace lenet::cpu {
namespace {

constexpr std::size_t kFloatsPerCacheLine = 16;

std::size_t padded_count(const onednn::Desc& layout) {
  return round_up(layout.get_size() / sizeof(float), kFloatsPerCacheLine);
}

}  // namespace

Parameters::Parameters(dnnl::stream& stream, const Graph& graph, const std::vector<onednn::Desc>& layouts,
                       std::size_t arrays)
    : stream_(stream), canonical_count_(graph.parameter_count()) {
  std::size_t total = 0;
  for (const onednn::Desc& layout : layouts) total += padded_count(layout);
  for (std::size_t i = 0; i < arrays; ++i) arrays_.emplace_back(total);
  for (std::size_t i = moment(0); i < arrays; ++i) moments_.push_back(arrays_[i].data());

  std::size_t at = 0;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    Entry entry{.canonical = onednn::plain_layout(onednn::dims_of(layouts[i])),
                .offset = graph.parameters()[i].offset,
                .memory = {}};
    for (const Buffer& array : arrays_)
      entry.memory.emplace_back(layouts[i], stream.get_engine(), array.data() + at);
    at += padded_count(layouts[i]);
    entries_.push_back(std::move(entry));
  }
}

void Parameters::import_array(std::size_t array, std::span<const float> canonical) {
  for (const Entry& entry : entries_) {
    // Casts const away because oneDNN takes no pointer to const; a reorder only reads its source.
    dnnl::memory source(entry.canonical, stream_.get_engine(),
                        const_cast<float*>(canonical.data()) + entry.offset);
    dnnl::memory target = entry.memory[array];
    dnnl::reorder(source, target).execute(stream_, source, target);
  }
  stream_.wait();
  if (array == kWeights) ++version_;
}

std::vector<float> Parameters::export_array(std::size_t array) const {
  std::vector<float> canonical(static_cast<std::size_t>(canonical_count_));
  for (const Entry& entry : entries_) {
    dnnl::memory source = entry.memory[array];
    dnnl::memory target(entry.canonical, stream_.get_engine(), canonical.data() + entry.offset);
    dnnl::reorder(source, target).execute(stream_, source, target);
  }
  stream_.wait();
  return canonical;
}

bool Parameters::update(const Optimizer& optimizer, std::int64_t step) {
  ++version_;
  return optimizer_step(optimizer,
                        {.weights = arrays_[kWeights].data(),
                         .gradients = arrays_[kGradients].data(),
                         .moments = moments_.data(),
                         .count = arrays_[kWeights].count()},
                        step);
}

std::int64_t Parameters::bytes_per_array() const {
  return static_cast<std::int64_t>(arrays_.front().count() * sizeof(float));
}

}  // namespace lenet::cpu
