#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/dataset_view.hpp"

/// Which digits of a data set a figure shows.
namespace lenet::figures {

/// Returns distinct random indices, at most `count`.
std::vector<std::int64_t> random_digits(const DatasetView& data, std::int64_t count, std::uint64_t seed);

/// Returns the indices of at most `count` mistakes, the most confident first. `logits` are those of all
/// images, N×classes.
std::vector<std::int64_t> worst_mistakes(const DatasetView& data, std::span<const float> logits,
                                         std::int64_t count);

/// Returns the logits of one image.
std::span<const float> logits_of(const DatasetView& data, std::span<const float> logits, std::int64_t index);

}  // namespace lenet::figures
