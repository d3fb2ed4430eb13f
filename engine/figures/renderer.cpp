#include "engine/figures/renderer.hpp"

#include <cstring>
#include <filesystem>
#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/core/plugin.hpp"

namespace lenet::figures {
namespace {

const RendererPlugin& load(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    throw IoError(fmt::format("figures cannot be drawn: {} is no file: install or build lenet again{}",
                              path.string(),
                              plugin_folder_of_the_user().empty() ? "" : ", or look at LENET_PLUGIN_DIR"));
  const RendererPlugin* plugin = nullptr;
  try {
    plugin = static_cast<const RendererPlugin*>(load_plugin(path, kRendererEntry));
  } catch (const Error& error) {
    throw IoError(fmt::format("figures cannot be drawn: {}: install cairo and libspng", error.what()));
  }
  if (!plugin || std::strcmp(plugin->stamp, kRendererStamp) != 0)
    throw IoError(
        fmt::format("figures cannot be drawn: {} belongs to another build of lenet ({}, expected {}): "
                    "build both together",
                    path.string(), plugin ? plugin->stamp : "no stamp", kRendererStamp));
  return *plugin;
}

}  // namespace

const Renderer& renderer() {
  static const Renderer& loaded =
      load(plugin_path(kRendererFile)).renderer();  // retried by the next call if it throws
  return loaded;
}

}  // namespace lenet::figures

#ifdef __SANITIZE_ADDRESS__
// fontconfig keeps its data on the system's fonts until the program ends.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
#endif
