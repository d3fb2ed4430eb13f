#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/figures/canvas.hpp"
#include "engine/figures/raster.hpp"

/// The interface between the programs and what draws for them, which is a plugin (engine/core/plugin.hpp)
/// because cairo brings X11's libraries along, and training needs none of them to start.
namespace lenet::figures {

enum class Format { png, svg, pdf };

/// Draws figures. All functions throw IoError if the drawing fails.
class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual double text_width(std::string_view text, const TextStyle& style) const = 0;
  virtual std::vector<std::byte> file_of(const Figure& figure, Format format) const = 0;
  virtual Raster pixels_of(const Figure& figure, double pixels_per_point) const = 0;
  virtual std::string png_of(const Raster& raster) const = 0;
  /// Returns the characters that were drawn as boxes since the last call, because no font has them. Each is
  /// returned once.
  virtual std::vector<std::string> take_characters_without_font() const = 0;
};

inline constexpr const char* kRendererFile = "liblenet_figures.so";

/// The table that the plugin's function returns.
struct RendererPlugin {
  const char* stamp = nullptr;  ///< kRendererStamp of the plugin's build
  const Renderer& (*renderer)() = nullptr;
};

/// The number increases by one whenever a change to this file or its includes makes old plugins incompatible.
inline constexpr const char* kRendererStamp = "lenet figures 2, compiler " __VERSION__;
inline constexpr const char* kRendererEntry = "lenet_figures_plugin";

/// Loads the plugin at the first call. Throws IoError if it is missing, belongs to another build, or lacks a
/// library.
const Renderer& renderer();

}  // namespace lenet::figures
