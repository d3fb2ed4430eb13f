#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <turbojpeg.h>
#include <vector>

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

/// Adds EXIF data with one entry, the orientation, to a JPEG.
inline std::string with_orientation(const std::string& jpeg, char orientation) {
  using namespace std::string_literals;
  const std::string tiff = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + orientation + "\0\0\0\0\0\0"s;
  const std::string exif = "Exif\0\0"s + tiff;
  return jpeg.substr(0, 2) + "\xff\xe1\0"s + static_cast<char>(exif.size() + 2) + exif + jpeg.substr(2);
}

}  // namespace lenet
