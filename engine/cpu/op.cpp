#include "engine/cpu/op.hpp"

#include "engine/core/rounding.hpp"

namespace lenet::cpu {

dnnl::memory BuildContext::scratch(const onednn::Desc& layout) const {
  // Rounds up: the size of a pooling's workspace need not be a multiple of a float's.
  buffers->emplace_back(ceil_divide(layout.get_size(), sizeof(float)));
  return {layout, engine, buffers->back().data()};
}

Activation BuildContext::activation(const onednn::Desc& layout, bool with_gradient) const {
  Activation made{.value = scratch(layout), .gradient = {}};
  if (training && with_gradient) made.gradient = scratch(layout);
  return made;
}

Reorder::Reorder(const BuildContext& build, const dnnl::memory& source, const onednn::Desc& layout)
    : source_(source), target_(source) {
  if (source.get_desc() == layout) return;
  needed_ = true;
  target_ = build.scratch(layout);
  reorder_ = dnnl::reorder(source_, target_);
}

Reorder Reorder::onto(const BuildContext& build, const dnnl::memory& target, const onednn::Desc& layout) {
  Reorder made;
  made.outward_ = true;
  made.source_ = made.target_ = target;
  if (target.get_desc() == layout) return made;
  made.needed_ = true;
  made.source_ = build.scratch(layout);
  made.reorder_ = dnnl::reorder(made.source_, made.target_);
  return made;
}

void Reorder::run(const StepContext& context) {
  if (needed_) reorder_.execute(context.stream, source_, target_);
}

void Reorder::run_once(const StepContext& context, std::int64_t version) {
  if (version_ == version) return;
  run(context);
  version_ = version;
}

}  // namespace lenet::cpu
