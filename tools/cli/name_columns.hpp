#pragma once

#include "engine/core/class_names.hpp"

namespace lenet::cli {

/// Returns the names as they fit into so many columns of a terminal, without blanks behind them.
ClassNames names_within(const ClassNames& names, int width);

}  // namespace lenet::cli
