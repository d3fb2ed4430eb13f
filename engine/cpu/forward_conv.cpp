#include "engine/cpu/forward_conv.hpp"

#include <sched.h>

#include "engine/core/error.hpp"
#include "engine/core/plugin.hpp"

namespace lenet::cpu {
namespace {

/// Keeps the thread's affinity: OpenMP binds the thread that loads it if OMP_PROC_BIND or OMP_PLACES says so.
class SameAffinity {
 public:
  SameAffinity() : known_(sched_getaffinity(0, sizeof cores_, &cores_) == 0) {}
  ~SameAffinity() {
    if (known_) sched_setaffinity(0, sizeof cores_, &cores_);
  }
  SameAffinity(const SameAffinity&) = delete;
  SameAffinity& operator=(const SameAffinity&) = delete;

 private:
  cpu_set_t cores_;
  bool known_;
};

const ForwardConvPlugin& plugin() {
  static const auto& loaded = []() -> const ForwardConvPlugin& {
    const SameAffinity affinity;
    try {
      return load_plugin_table<ForwardConvPlugin>({.file = kForwardConvFile,
                                                   .entry = kForwardConvEntry,
                                                   .stamp = kForwardConvStamp,
                                                   .failure = "the CPU cannot compute convolutions",
                                                   .remedy = "install oneDNN"});
    } catch (const IoError& error) {
      throw DeviceError(error.what());
    }
  }();  // retried by the next call if it throws
  return loaded;
}

}  // namespace

void FilterPacking::pack(const float* weights, float* packed, Range filters) const {
  const std::size_t taps = from.size();
  for (std::int64_t f = filters.begin; f < filters.end; ++f) {
    const std::int32_t* const places = to.data() + static_cast<std::size_t>(f) * taps;
    const float* const values = weights + f * filter;
    for (std::size_t tap = 0; tap < taps; ++tap) packed[places[tap]] = values[from[tap]];
  }
}

std::unique_ptr<ForwardConv> make_forward_conv(const ConvGeometry& geometry, std::int64_t lanes,
                                               int threads) {
  return plugin().make(geometry, lanes, threads);
}

}  // namespace lenet::cpu
