#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "data/dataset.hpp"

/// The IDX format of MNIST's files: a big-endian magic number (two zero bytes, the type 8 for uint8, the
/// rank), one big-endian 32-bit size per dimension, then the bytes, row by row. Files may be raw or
/// compressed with gzip.
namespace lenet::data {

/// Returns N×28×28 pixels. Throws a DataError that names the file, the position and the expected content if
/// the file is anything else. Allocates memory only after checking that the file can hold what its header
/// declares.
std::vector<std::uint8_t> read_idx_images(const std::filesystem::path& path);

/// Returns the number of images that the header declares, without reading them. Throws a DataError if it is
/// not that of a file of images.
std::int64_t idx_image_count(const std::filesystem::path& path);

/// Returns N labels from 0 to 9. Throws like read_idx_images().
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path);

/// Returns both. Throws a DataError also if there are not as many labels as images.
Samples read_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels);

/// Return the bytes of an image file with N×28×28 pixels and of a label file.
std::vector<std::uint8_t> idx_image_file(std::span<const std::uint8_t> pixels);
std::vector<std::uint8_t> idx_label_file(std::span<const std::uint8_t> labels);

}  // namespace lenet::data
