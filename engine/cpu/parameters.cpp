#include "engine/cpu/parameters.hpp"

#include <algorithm>

#include "engine/cpu/loops.hpp"

namespace lenet::cpu {
namespace {

constexpr std::size_t kFloatsPerCacheLine = 16;

std::size_t padded_count(const onednn::Desc& layout) {
  const std::size_t count = layout.get_size() / sizeof(float);
  return (count + kFloatsPerCacheLine - 1) / kFloatsPerCacheLine * kFloatsPerCacheLine;
}

}  // namespace

Parameters::Parameters(const dnnl::engine& engine, const Graph& graph, std::vector<onednn::Desc> layouts,
                       int moments)
    : engine_(engine), canonical_count_(graph.parameter_count()), moments_(moments) {
  std::size_t total = 0;
  for (const onednn::Desc& layout : layouts) total += padded_count(layout);
  const int arrays = moment1 + moments;
  for (int array = 0; array < arrays; ++array) arrays_[static_cast<std::size_t>(array)] = Buffer(total);

  std::size_t at = 0;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    Entry entry{.layout = layouts[i],
                .canonical = onednn::plain_layout(onednn::dims_of(layouts[i])),
                .offset = graph.parameters()[i].offset};
    for (int array = 0; array < arrays; ++array) {
      const auto index = static_cast<std::size_t>(array);
      entry.memory[index] = dnnl::memory(entry.layout, engine, arrays_[index].data() + at);
    }
    at += padded_count(layouts[i]);
    entries_.push_back(std::move(entry));
  }
}

void Parameters::import_array(dnnl::stream& stream, Array array, std::span<const float> canonical) {
  for (const Entry& entry : entries_) {
    // oneDNN takes no pointer to const, though a reorder only reads its source.
    dnnl::memory source(entry.canonical, engine_, const_cast<float*>(canonical.data()) + entry.offset);
    dnnl::memory target = entry.memory[array];
    dnnl::reorder(source, target).execute(stream, source, target);
  }
  stream.wait();
  if (array == weights) ++version_;
}

std::vector<float> Parameters::export_array(dnnl::stream& stream, Array array) const {
  std::vector<float> canonical(static_cast<std::size_t>(canonical_count_));
  for (const Entry& entry : entries_) {
    dnnl::memory source = entry.memory[array];
    dnnl::memory target(entry.canonical, engine_, canonical.data() + entry.offset);
    dnnl::reorder(source, target).execute(stream, source, target);
  }
  stream.wait();
  return canonical;
}

void Parameters::update(const Optimizer& optimizer, std::int64_t step) {
  float* const w = arrays_[weights].data();
  const float* const g = arrays_[gradients].data();
  const std::size_t count = arrays_[weights].count();
  if (const auto* adam = std::get_if<Adam>(&optimizer)) {
    const auto hyper = kernels::adam_step(adam->learning_rate, adam->beta1, adam->beta2, adam->epsilon, step);
    adam_update(w, arrays_[moment1].data(), arrays_[moment2].data(), g, count, hyper);
  } else {
    sgd_update(w, g, count, std::get<Sgd>(optimizer).learning_rate);
  }
  ++version_;
}

std::int64_t Parameters::bytes(Array array) const {
  return static_cast<std::int64_t>(arrays_[array].count() * sizeof(float));
}

}  // namespace lenet::cpu
