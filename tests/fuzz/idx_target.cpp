// Data sets: IDX files, raw or compressed with gzip.
#include "data/idx.hpp"
#include "engine/core/error.hpp"
#include "tests/data/files.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "tests/fuzz/targets.hpp"

namespace lenet::fuzz {
namespace {

using Read = std::vector<std::uint8_t> (*)(const std::filesystem::path&);
using Write = std::vector<std::uint8_t> (*)(std::span<const std::uint8_t>);

/// Reads a file. If its values are accepted, writes them to a second file and demands that reading this one
/// gives the same values.
void check_kind(const MemoryFile& file, Read read, Write write) {
  static MemoryFile again;
  try {
    const std::vector<std::uint8_t> values = read(file.path());
    again.set(write(values));
    demand(read(again.path()) == values, "an accepted IDX file is not what was read");
  } catch (const DataError&) {
  }
}

std::string gzipped(Bytes bytes) { return text_of(gzip(bytes)); }

}  // namespace

void run_idx(Bytes bytes) {
  static MemoryFile file;
  file.set(bytes);
  check_kind(file, data::read_idx_images, data::idx_image_file);
  check_kind(file, data::read_idx_labels, data::idx_label_file);
}

std::vector<std::string> idx_seeds() {
  const std::vector<std::uint8_t> pixels(2 * data::kImagePixels, 7);
  const std::vector<std::uint8_t> labels = {0, 9, 5};
  const auto images = data::idx_image_file(pixels);
  const auto digits = data::idx_label_file(labels);
  const std::string packed = gzipped(digits);
  return {text_of(images), text_of(digits),   gzipped(images), packed, packed + std::string(512, '\0'),
          packed + packed, "<html>404</html>"};
}

}  // namespace lenet::fuzz
