#pragma once

#include <cstdint>

#include "data/dataset.hpp"

namespace lenet::data {

/// Digits drawn by the program, for machines that have no MNIST: pen strokes under random affine maps, with
/// random thickness, bent, blurred and noisy. The same for a seed on every machine. They are no substitute
/// for handwriting, but hard enough that a convolutional network beats a linear one by several points.
///
/// `first` numbers the first sample: two ranges of one seed that do not overlap share no drawing. Labels are
/// drawn uniformly.
Samples draw_digits(std::int64_t count, std::uint64_t seed, std::uint64_t first = 0);

/// A data set of drawn digits, split like MNIST.
Dataset drawn_dataset(std::int64_t training, std::int64_t test, std::int64_t validation, std::uint64_t seed);

}  // namespace lenet::data
