#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <spng.h>

#include "engine/core/error.hpp"
#include "engine/figures/cairo/cairo_renderer.hpp"

namespace lenet::figures {
namespace {

void check(int status) {
  if (status != SPNG_OK)
    throw IoError(fmt::format("a picture cannot be made: libspng says: {}", spng_strerror(status)));
}

std::string rgb_bytes(const Raster& raster) {
  std::string bytes(3 * raster.pixels.size(), '\0');
  char* next = bytes.data();
  for (const std::uint32_t pixel : raster.pixels)
    for (const int shift : {16, 8, 0}) *next++ = static_cast<char>(pixel >> shift & 0xff);
  return bytes;
}

}  // namespace

std::string CairoRenderer::png_of(const Raster& raster) const {
  const std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> encoder(spng_ctx_new(SPNG_CTX_ENCODER),
                                                                    spng_ctx_free);
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(raster.width);
  header.height = static_cast<std::uint32_t>(raster.height());
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  check(spng_set_option(encoder.get(), SPNG_ENCODE_TO_BUFFER, 1));
  check(spng_set_ihdr(encoder.get(), &header));
  // For drawings with large uniform areas this takes a sixth of the default's time, and a fifth more bytes.
  check(spng_set_option(encoder.get(), SPNG_IMG_COMPRESSION_LEVEL, 1));
  check(spng_set_option(encoder.get(), SPNG_FILTER_CHOICE, SPNG_DISABLE_FILTERING));
  const std::string bytes = rgb_bytes(raster);
  check(spng_encode_image(encoder.get(), bytes.data(), bytes.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));

  int status = SPNG_OK;
  std::size_t size = 0;
  const std::unique_ptr<void, decltype(&std::free)> png(spng_get_png_buffer(encoder.get(), &size, &status),
                                                        std::free);
  check(status);
  return {static_cast<const char*>(png.get()), size};
}

}  // namespace lenet::figures
