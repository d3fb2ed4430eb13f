#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <turbojpeg.h>
#include <vector>
#include <webp/encode.h>

#include "data/pictures/picture.hpp"
#include "tests/support/png_writer.hpp"

namespace lenet {

/// Returns a picture that differs from itself in any other orientation: it becomes brighter to the right, and
/// twice as much downwards.
inline pictures::Picture slope(std::int64_t width, std::int64_t height) {
  pictures::Picture picture{.width = width, .height = height, .grey = {}};
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      picture.grey.push_back(static_cast<std::uint8_t>((x * 80) / width + (y * 160) / height));
  return picture;
}

inline pictures::Picture decode(const std::string& bytes) {
  return pictures::decode_picture(bytes_of(bytes));
}

inline std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

inline std::string as_pgm(const pictures::Picture& picture) {
  return "P5\n" + std::to_string(picture.width) + " " + std::to_string(picture.height) + "\n255\n" +
         text_of(picture.grey);
}

inline std::string as_png(const pictures::Picture& picture) {
  return write_png({.width = static_cast<std::uint32_t>(picture.width),
                    .height = static_cast<std::uint32_t>(picture.height)},
                   text_of(picture.grey));
}

inline std::string as_jpeg(const pictures::Picture& picture, int flags = 0) {
  const tjhandle handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int failed =
      tjCompress2(handle, picture.grey.data(), static_cast<int>(picture.width), 0,
                  static_cast<int>(picture.height), TJPF_GRAY, &bytes, &size, TJSAMP_GRAY, 95, flags);
  std::string jpeg(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(handle);
  if (failed) throw std::runtime_error("no JPEG was written");
  return jpeg;
}

/// Returns a JPEG of pixels in cyan, magenta, yellow and black, inverted.
inline std::string as_cmyk_jpeg(int width, int height, const std::string& cmyk) {
  const tjhandle handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int failed = tjCompress2(handle, reinterpret_cast<const unsigned char*>(cmyk.data()), width, 0,
                                 height, TJPF_CMYK, &bytes, &size, TJSAMP_444, 95, 0);
  std::string jpeg(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(handle);
  if (failed) throw std::runtime_error("no JPEG was written");
  return jpeg;
}

/// Returns a WebP of pixels in red, green, blue and opacity; lossless if `quality` is 100.
inline std::string rgba_as_webp(int width, int height, const std::string& rgba, float quality = 100) {
  const auto* const pixels = reinterpret_cast<const std::uint8_t*>(rgba.data());
  std::uint8_t* bytes = nullptr;
  const std::size_t size = quality < 100 ? WebPEncodeRGBA(pixels, width, height, 4 * width, quality, &bytes)
                                         : WebPEncodeLosslessRGBA(pixels, width, height, 4 * width, &bytes);
  std::string webp(reinterpret_cast<const char*>(bytes), size);
  WebPFree(bytes);
  if (webp.empty()) throw std::runtime_error("no WebP was written");
  return webp;
}

inline std::string as_webp(const pictures::Picture& picture, float quality = 100) {
  std::string rgba;
  for (const std::uint8_t grey : picture.grey) rgba += std::string(3, static_cast<char>(grey)) + '\xff';
  return rgba_as_webp(static_cast<int>(picture.width), static_cast<int>(picture.height), rgba, quality);
}

inline std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

struct BmpFields {
  std::int32_t width = 0;
  std::int32_t height = 0;  ///< negative if the first row is the upper one
  std::uint8_t bits = 24;
  std::uint32_t compression = 0;
  std::uint32_t colors = 0;
};

/// Returns a BMP; `extra` is what is between its header and its rows: a palette or masks.
inline std::string as_bmp(const BmpFields& fields, const std::string& rows, const std::string& extra = "",
                          std::uint32_t header_size = 40) {
  const auto number = [](std::int32_t value) { return little_endian(static_cast<std::uint32_t>(value)); };
  const std::string planes_and_bits = {1, 0, static_cast<char>(fields.bits), 0};
  const std::string header = little_endian(header_size) + number(fields.width) + number(fields.height) +
                             planes_and_bits + little_endian(fields.compression) + std::string(12, '\0') +
                             little_endian(fields.colors) + std::string(4, '\0') + extra;
  const auto start = static_cast<std::uint32_t>(14 + header.size());
  return "BM" + little_endian(start + static_cast<std::uint32_t>(rows.size())) + little_endian(0) +
         little_endian(start) + header + rows;
}

/// Adds EXIF data with one entry, the orientation, to a JPEG.
inline std::string with_orientation(const std::string& jpeg, char orientation) {
  using namespace std::string_literals;
  const std::string tiff = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + orientation + "\0\0\0\0\0\0"s;
  const std::string exif = "Exif\0\0"s + tiff;
  return jpeg.substr(0, 2) + "\xff\xe1\0"s + static_cast<char>(exif.size() + 2) + exif + jpeg.substr(2);
}

}  // namespace lenet
