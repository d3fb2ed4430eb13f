#pragma once

#include <optional>
#include <string>

#include "engine/train/observer.hpp"

namespace lenet::train {

/// Returns what cannot be true of a state of this run, "6 evaluations after step 50", or nullopt if its
/// figures agree with one another, with the run's length and with its data.
std::optional<std::string> contradiction_in(const io::RunState& state, const RunInfo& run);

}  // namespace lenet::train
