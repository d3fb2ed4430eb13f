#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/core/dataset_view.hpp"

namespace lenet::data {

// Shape of MNIST's images, and number of its classes.
inline constexpr std::int64_t kImageRows = 28;
inline constexpr std::int64_t kImageColumns = 28;
inline constexpr std::int64_t kImagePixels = kImageRows * kImageColumns;
inline constexpr std::int64_t kClasses = 10;

/// Content of an image file and its label file.
struct Samples {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  DatasetView view() const {
    return {pixels, labels, Image{.channels = 1, .height = kImageRows, .width = kImageColumns}, kClasses};
  }
};

/// MNIST, or a data set of the same shape, split as in the tutorial: the first `validation_count` training
/// images are the validation set, the others the training set.
struct Dataset {
  Samples all_training;  ///< 60,000 in MNIST
  Samples test;          ///< 10,000 in MNIST
  std::int64_t validation_count = 5000;
  std::filesystem::path folder;  ///< folder that it was read from
  ClassNames class_names = {};   ///< from classes.txt in it

  DatasetView training_split() const;
  DatasetView validation_split() const;
  DatasetView test_split() const { return test.view(); }
};

}  // namespace lenet::data
