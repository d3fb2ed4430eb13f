#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/core/metrics.hpp"

namespace lenet::tensorboard {

/// Adds the result of a run's best weights, which are of that step, on the test images to the run's event
/// files, in place of an earlier one: the HParams tab then shows it. Does nothing if the run has no event
/// files, or if it is being trained: TensorBoard would turn to the new file and not see the run's next
/// events. Throws IoError.
void write_test_result(const std::filesystem::path& run, std::int64_t step, const Metrics& test);

}  // namespace lenet::tensorboard
