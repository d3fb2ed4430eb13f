#include "engine/figures/cairo/cairo_renderer.hpp"
#include "engine/figures/cairo/fonts.hpp"

extern "C" __attribute__((visibility("default"))) const lenet::figures::RendererPlugin*
lenet_figures_plugin() {
  static constexpr lenet::figures::RendererPlugin plugin{
      .stamp = lenet::figures::kRendererStamp, .renderer = []() -> const lenet::figures::Renderer& {
        static const lenet::figures::CairoRenderer renderer = [] {
          lenet::figures::choose_fonts();
          return lenet::figures::CairoRenderer();
        }();
        return renderer;
      }};
  return &plugin;
}
