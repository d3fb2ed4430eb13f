#pragma once

#include <cstdint>

#include "data/dataset.hpp"

namespace lenet::data {

/// Draws digits for machines that have no MNIST: pen strokes under random affine maps, with random thickness,
/// bent, blurred and noisy. A seed gives the same digits on every machine. They do not replace handwriting,
/// but are hard enough that a convolutional network beats a linear one by several points.
///
/// `first` is the number of the first sample: two ranges of one seed that do not overlap share no sample.
/// Labels are uniformly distributed.
Samples synthetic_digits(std::int64_t count, std::uint64_t seed, std::uint64_t first = 0);

/// A data set of synthetic digits, split like MNIST.
Dataset synthetic_dataset(std::int64_t training, std::int64_t test, std::int64_t validation,
                          std::uint64_t seed);

}  // namespace lenet::data
