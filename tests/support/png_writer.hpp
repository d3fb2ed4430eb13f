#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>
#include <zlib.h>

/// PNGs of every colour type and depth (PNG specification, W3C 2003), written without a library that also
/// reads them.
namespace lenet {

struct PngHeader {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t depth = 8;  ///< bits a sample
  std::uint8_t color = 0;  ///< 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
};

inline std::string png_number(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

inline std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string content = type + data;
  const auto sum =
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  return png_number(static_cast<std::uint32_t>(data.size())) + content +
         png_number(static_cast<std::uint32_t>(sum));
}

/// `rows` are the bytes of the samples as the header has them, row by row; `extra` are chunks before the
/// data.
inline std::string write_png(const PngHeader& header, const std::string& rows,
                             const std::string& extra = "") {
  const std::size_t row = header.height ? rows.size() / header.height : 0;
  std::string filtered;
  for (std::size_t y = 0; row > 0 && y < header.height; ++y) filtered += '\0' + rows.substr(y * row, row);
  uLongf size = compressBound(filtered.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(filtered.data()),
           filtered.size());
  packed.resize(size);
  const std::string fields = png_number(header.width) + png_number(header.height) +
                             static_cast<char>(header.depth) + static_cast<char>(header.color) +
                             std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", fields) + extra + png_chunk("IDAT", packed) +
         png_chunk("IEND", "");
}

inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace lenet
