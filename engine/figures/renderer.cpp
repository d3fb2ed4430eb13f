#include "engine/figures/renderer.hpp"

#include "engine/core/plugin.hpp"

namespace lenet::figures {

const Renderer& renderer() {
  static const Renderer& loaded = load_plugin_table<RendererPlugin>({.file = kRendererFile,
                                                                     .entry = kRendererEntry,
                                                                     .stamp = kRendererStamp,
                                                                     .failure = "figures cannot be drawn",
                                                                     .remedy = "install cairo and libspng"})
                                      .renderer();  // retried by the next call if it throws
  return loaded;
}

}  // namespace lenet::figures

#ifdef __SANITIZE_ADDRESS__
// fontconfig keeps its data on the system's fonts until the program ends.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
#endif
