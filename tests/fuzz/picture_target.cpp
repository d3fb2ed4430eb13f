// Pictures of digits: PNG, JPEG, WebP, BMP and PGM.
#include "data/pictures/digit_picture.hpp"
#include "data/pictures/picture.hpp"
#include "engine/core/error.hpp"
#include "tests/data/pictures/encoded_pictures.hpp"
#include "tests/fuzz/targets.hpp"

namespace lenet::fuzz {

void run_picture(Bytes bytes) {
  try {
    const pictures::Picture picture = pictures::decode_picture(bytes);
    const auto pixels = static_cast<std::size_t>(picture.width * picture.height);
    demand(pixels > 0 && picture.width * picture.height <= pictures::kMaxPixels,
           "a size is out of its limits");
    demand(picture.grey.size() == pixels, "pixels are missing");
    demand(picture.opacity.empty() || picture.opacity.size() == pixels, "opacities are missing");
    constexpr std::size_t kFewPixels = 10'000;  // a large picture would only take time
    if (pixels < kFewPixels) pictures::digit_from_picture(picture);
  } catch (const DataError&) {
  }
}

std::vector<std::string> picture_seeds() {
  pictures::Picture page = slope(20, 16);
  for (std::size_t i = 0; i < page.grey.size(); i += 7) page.grey[i] = 255;
  const std::string rows = lenet::text_of(page.grey);
  std::vector<std::string> seeds = {as_png(page),
                                    as_pgm(page),
                                    "P2 4 3 15 0 1 2 3 4 5 6 7 8 9 10 11\n",
                                    "P5 2 1 65535\n" + std::string(4, 'x'),
                                    as_jpeg(page),
                                    as_jpeg(page, TJFLAG_PROGRESSIVE),
                                    with_orientation(as_jpeg(page), 6)};
  seeds.push_back(as_cmyk_jpeg(10, 8, rows));
  seeds.push_back(as_jpeg(page).insert(20, 2, '\0'));  // behind the first segment
  seeds.push_back(as_webp(page));
  seeds.push_back(as_webp(page, 80));
  seeds.push_back(rgba_as_webp(10, 8, rows, 80));
  seeds.push_back(as_bmp({10, -8, 24}, rows.substr(0, 256)));
  seeds.push_back(as_bmp({10, 8, 8, 0, 2}, rows.substr(0, 96), "abcdefgh"));
  seeds.push_back(as_bmp({10, 8, 1}, rows.substr(0, 32), "abcdefgh"));
  seeds.push_back(
      as_bmp({10, 8, 32, 3}, rows, std::string("\0\0\xff\0\0\xff\0\0\xff\0\0\0\0\0\0\xff", 16), 56));
  seeds.push_back(write_png({10, 8, 8, 6}, rows));
  seeds.push_back(write_png({10, 8, 8, 4}, rows.substr(0, 160)));
  seeds.push_back(write_png({16, 8, 1, 0}, rows.substr(0, 16)));
  seeds.push_back(write_png({8, 8, 8, 3}, std::string(64, '\0'), png_chunk("PLTE", "abcdef")));
  seeds.push_back(write_png({5, 4, 16, 2}, rows.substr(0, 120)));
  return seeds;
}

}  // namespace lenet::fuzz
