#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "data/dataset.hpp"

/// The IDX format of MNIST's files: a big-endian magic number (two zero bytes, the type 8 for uint8, the
/// rank), one big-endian 32-bit size a dimension, then the bytes, row by row. Raw or gzip.
namespace lenet::data {

/// N×28×28 pixels. Throws a DataError that names the file, the place and what was expected for anything that
/// is not exactly that. No more memory is taken than the header declares and the file can hold.
std::vector<std::uint8_t> read_idx_images(const std::filesystem::path& path);

/// N labels from 0 to 9. Throws like read_idx_images.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path);

/// Both, and as many labels as images.
Samples read_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels);

/// The bytes of an image file (N×28×28 pixels) and of a label file.
std::vector<std::uint8_t> idx_image_file(std::span<const std::uint8_t> pixels);
std::vector<std::uint8_t> idx_label_file(std::span<const std::uint8_t> labels);

}  // namespace lenet::data
