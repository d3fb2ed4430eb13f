#pragma once

#include <cairo.h>
#include <fmt/format.h>
#include <memory>

#include "engine/core/error.hpp"

/// Owning handles of cairo's surfaces. Included only by the sources of this folder.
namespace lenet::figures {

struct DestroySurface {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using SurfaceHandle = std::unique_ptr<cairo_surface_t, DestroySurface>;

/// Throws if cairo reports an error. cairo keeps the first error of an object and ignores further drawing on
/// it.
inline void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw IoError(fmt::format("a figure cannot be drawn: cairo says: {}", cairo_status_to_string(status)));
}
inline void check(cairo_surface_t* surface) { check(cairo_surface_status(surface)); }

}  // namespace lenet::figures
