#include "data/idx.hpp"

#include <numeric>
#include <sys/resource.h>
#include <sys/stat.h>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "tests/data/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::data;

namespace {

Bytes pixels(std::size_t images) {
  Bytes bytes(images * kImagePixels);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

Bytes image_file(std::uint32_t images) {
  return joined({big_endian_words({0x803, images, 28, 28}), pixels(images)});
}

Bytes label_file(const Bytes& labels) {
  return joined({big_endian_words({0x801, static_cast<std::uint32_t>(labels.size())}), labels});
}

/// Returns the error of reading these bytes as an image file, without the path.
std::string image_error(const Bytes& bytes) {
  const TemporaryFolder folder;
  const auto path = write_bytes(folder / "images", bytes);
  try {
    read_idx_images(path);
  } catch (const DataError& error) {
    const std::string text = error.what();
    CHECK(text.starts_with(path.string() + ": "));
    CHECK(text.find('\n') == std::string::npos);
    return text.substr(path.string().size() + 2);
  }
  return "no error";
}

std::string label_error(const Bytes& bytes) {
  const TemporaryFolder folder;
  const auto path = write_bytes(folder / "labels", bytes);
  try {
    read_idx_labels(path);
  } catch (const DataError& error) {
    return std::string(error.what()).substr(path.string().size() + 2);
  }
  return "no error";
}

}  // namespace

TEST_CASE("images and labels are read, raw and gzip", "[idx]") {
  const TemporaryFolder folder;
  CHECK(read_idx_images(write_bytes(folder / "raw", image_file(3))) == pixels(3));
  CHECK(read_idx_images(write_bytes(folder / "packed.gz", gzip(image_file(3)))) == pixels(3));
  CHECK(read_idx_labels(write_bytes(folder / "labels", label_file({0, 9, 5}))) == Bytes{0, 9, 5});
}

TEST_CASE("files written as IDX are read back", "[idx]") {
  const TemporaryFolder folder;
  CHECK(read_idx_images(write_bytes(folder / "images", idx_image_file(pixels(2)))) == pixels(2));
  CHECK(read_idx_labels(write_bytes(folder / "labels", idx_label_file(Bytes{1, 2}))) == Bytes{1, 2});
}

TEST_CASE("a gzip file of several members is read as gzip -d would", "[idx]") {
  const Bytes whole = image_file(2);
  const std::span<const std::uint8_t> bytes(whole);
  const TemporaryFolder folder;
  const auto path =
      write_bytes(folder / "two.gz", joined({gzip(bytes.first(100)), gzip(bytes.subspan(100))}));
  CHECK(read_idx_images(path) == pixels(2));
  CHECK_THAT(image_error(joined({gzip(whole), gzip(whole)})), contains("goes on after its"));
}

TEST_CASE("a wrong magic number, type or rank is refused", "[idx]") {
  const Bytes body = pixels(1);
  CHECK(image_error(joined({big_endian_words({0xdeadbeef, 1, 28, 28}), body})) ==
        "at byte 0: magic number 0xdeadbeef, expected 0x00000803 of an IDX file");
  CHECK(image_error(joined({big_endian_words({0x0d03, 1, 28, 28}), body})) ==
        "at byte 2: data type 0x0d, expected 0x08 (uint8)");
  CHECK(image_error(joined({big_endian_words({0x0802, 1, 28, 28}), body})) ==
        "at byte 3: rank 2, expected 3");
}

TEST_CASE("swapped files are recognised", "[idx]") {
  CHECK_THAT(image_error(label_file({1, 2})), contains("holds labels, expected images"));
  CHECK_THAT(label_error(image_file(1)), contains("holds images, expected labels"));
}

TEST_CASE("counts that the file cannot hold are refused before memory is allocated", "[idx]") {
  CHECK_THAT(image_error(big_endian_words({0x803, 0, 28, 28})), contains("declares 0 items"));
  for (const std::uint32_t count : {10'000'001u, 0x80000000u, 0xffffffffu}) {
    const Bytes lie = joined({big_endian_words({0x803, count, 28, 28}), pixels(1)});
    CHECK_THAT(image_error(lie), contains("more than the 10000000 that are read"));
    CHECK_THAT(image_error(gzip(lie)), contains("more than the 10000000 that are read"));
  }
  for (const std::uint32_t count : {1'000'000u, 10'000'000u}) {
    const Bytes lie = joined({big_endian_words({0x803, count, 28, 28}), pixels(1)});
    CHECK_THAT(image_error(lie), contains("more than the file can hold"));
    CHECK_THAT(image_error(gzip(lie)), contains("more than the file can hold"));
  }
}

TEST_CASE("other image sizes are refused clearly", "[idx]") {
  CHECK(image_error(joined({big_endian_words({0x803, 1, 32, 28}), pixels(2)})) ==
        "at byte 8: images of 32×28, expected 28×28");
  CHECK_THAT(image_error(joined({big_endian_words({0x803, 1, 28, 0xffffffff}), pixels(2)})),
             contains("images of 28×4294967295"));
}

TEST_CASE("truncated and overlong files are refused", "[idx]") {
  const Bytes whole = image_file(2);
  for (const std::size_t length : {0u, 1u, 3u, 4u, 15u})
    CHECK_THAT(image_error({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}),
               contains("ends at byte"));
  CHECK_THAT(image_error({whole.begin(), whole.end() - 1}), contains("truncated"));
  CHECK_THAT(image_error(gzip(Bytes{whole.begin(), whole.end() - 1})), contains("truncated"));
  CHECK_THAT(image_error(joined({whole, {0}})), contains("at byte 1584: goes on after its 1568 bytes"));
  CHECK_THAT(image_error(gzip(joined({whole, {0}}))), contains("goes on after"));
}

TEST_CASE("damaged gzip data are refused", "[idx]") {
  Bytes packed = gzip(image_file(2));
  CHECK_THAT(image_error({packed.begin(), packed.begin() + 40}), contains("truncated"));
  CHECK_THAT(image_error({packed.begin(), packed.end() - 4}), contains("truncated"));
  CHECK_THAT(image_error(joined({packed, {'x', 'y'}})), contains("bytes after its gzip data"));
  packed[packed.size() - 8] ^= 1;  // damages the CRC
  CHECK_THAT(image_error(packed), contains("corrupt gzip data"));
}

TEST_CASE("a gzip bomb is refused without being unpacked", "[idx]") {
  // 64 MiB of zeros behind a header that declares one image.
  const Bytes bomb = gzip(joined({image_file(1), Bytes(64 << 20)}));
  REQUIRE(bomb.size() < 100'000);
  CHECK_THAT(image_error(bomb), contains("goes on after its 784 bytes"));
}

TEST_CASE("zeros after gzip data are ignored, as gzip does", "[idx]") {
  const TemporaryFolder folder;
  for (const std::size_t zeros : {1u, 512u, 200'000u}) {
    const auto path = write_bytes(folder / "padded.gz", joined({gzip(image_file(2)), Bytes(zeros)}));
    CHECK(read_idx_images(path) == pixels(2));
  }
  CHECK_THAT(image_error(joined({gzip(image_file(2)), Bytes(70'000), {1}})),
             contains("bytes after its gzip data"));
}

TEST_CASE("memory grows with the data, not with what a header declares", "[idx]") {
  // A megabyte of noise cannot be compressed, but could be that of a thousand times as many images.
  Bytes noise(1 << 20);
  RandomSequence random(5, RandomStream::pick_samples, 0);
  for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random.next_word());
  const Bytes lie = gzip(joined({big_endian_words({0x803, 1'300'000, 28, 28}), noise}));
  const auto peak_kib = [] {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
  };
  const long before = peak_kib();
  CHECK_THAT(image_error(lie), contains("ends after 1048576 of 1019200000 bytes"));
  CHECK(peak_kib() - before < 32 << 10);
}

TEST_CASE("labels above 9 are refused with their position", "[idx]") {
  CHECK(label_error(label_file({0, 1, 10})) == "at byte 10: label 10, expected 0 to 9");
}

TEST_CASE("an HTML page in place of a file is recognised", "[idx]") {
  const std::string page = "<!DOCTYPE html><html><body>403 Forbidden</body></html>";
  CHECK_THAT(image_error({page.begin(), page.end()}), contains("HTML"));
}

TEST_CASE("images and labels of different counts are refused", "[idx]") {
  const TemporaryFolder folder;
  const auto images = write_bytes(folder / "images", image_file(3));
  const auto labels = write_bytes(folder / "labels", label_file({1, 2}));
  CHECK_THROWS_WITH(read_idx_pair(images, labels), contains("2 labels, but 3 images"));
}

TEST_CASE("a file that is not regular is refused without waiting", "[idx]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_idx_images(folder.path()), contains("is a folder"));
  const auto fifo = folder / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_idx_images(fifo), contains("not a regular file"));
  CHECK_THROWS_WITH(read_idx_images(folder / "missing"), contains("No such file"));
}

TEST_CASE("every damaged file is read or gives a DataError", "[idx]") {
  const TemporaryFolder folder;
  RandomSequence random(11, RandomStream::pick_samples, 0);
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    Bytes bytes = round % 2 ? gzip(image_file(2)) : image_file(2);
    // Damage at the front, where the header and gzip's dictionary are, has the most different effects.
    for (std::uint32_t i = 0; i < 1 + random.below(3); ++i)
      bytes[random.below(24)] = static_cast<std::uint8_t>(random.next_word());
    bytes.resize(bytes.size() - random.below(3));
    try {
      const std::size_t pixels_read = read_idx_images(write_bytes(folder / "damaged", bytes)).size();
      CHECK(pixels_read == 2 * kImagePixels);
    } catch (const DataError&) {
      ++refused;
    }
  }
  CHECK(refused > 300);
}
