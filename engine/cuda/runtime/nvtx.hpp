#pragma once

#include <string>

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define LENET_HAVE_NVTX 1
#endif

namespace lenet::cuda {

/// Begins a named range on this thread's track of Nsight Systems. Costs nanoseconds without a profiler.
inline void begin_range([[maybe_unused]] const char* name) {
#ifdef LENET_HAVE_NVTX
  nvtxRangePushA(name);
#endif
}

inline void end_range() {
#ifdef LENET_HAVE_NVTX
  nvtxRangePop();
#endif
}

/// A named range for the lifetime of the object: "step", "forward conv1".
class NvtxRange {
 public:
  explicit NvtxRange(const char* name) { begin_range(name); }
  NvtxRange(const char* what, const char* layer) { begin_range((std::string(what) + " " + layer).c_str()); }
  ~NvtxRange() { end_range(); }
  NvtxRange(const NvtxRange&) = delete;
  NvtxRange& operator=(const NvtxRange&) = delete;
};

}  // namespace lenet::cuda
