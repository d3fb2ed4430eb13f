#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/core/dataset_view.hpp"

namespace lenet::data {

// The form of MNIST's files.
inline constexpr std::int64_t kImageRows = 28;
inline constexpr std::int64_t kImageColumns = 28;
inline constexpr std::int64_t kImagePixels = kImageRows * kImageColumns;
inline constexpr std::int64_t kClasses = 10;

/// An image file and its label file, read and checked.
struct Samples {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  DatasetView view() const {
    return {pixels, labels, Image{.channels = 1, .height = kImageRows, .width = kImageColumns}, kClasses};
  }
};

/// MNIST, or another set of its form, split as the tutorial has it: the first `validation` training images
/// are the validation set, the others the training set.
struct Dataset {
  Samples all_training;  ///< 60,000 in MNIST
  Samples test;          ///< 10,000 in MNIST
  std::int64_t validation_count = 5000;
  std::filesystem::path folder;  ///< where it was read from

  DatasetView training_split() const;
  DatasetView validation_split() const;
  DatasetView test_split() const { return test.view(); }
};

}  // namespace lenet::data
