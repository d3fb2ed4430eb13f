#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/train/observer.hpp"

/// Texts about a run: where it is, how long it takes.
namespace lenet::cli {

/// 75.2 → "1:15"; 3700 → "1:01:40".
std::string duration_text(double seconds);

/// 20000 → "20,000 steps"; 1 → "1 step".
std::string steps_text(std::int64_t steps);

/// 1569.6 → "1,570 images/s".
std::string rate_text(double images_per_second);

/// Returns a loss with so many decimals, and short if it has diverged: "1.753e+29".
std::string loss_text(double loss, int decimals);

/// Returns where a run is after a step: "Epoch  3/18" or, if it is counted in steps, "Step  3000/20000". The
/// number is padded to the width of the last one if `padded`.
std::string place_text(const train::RunLength& length, std::int64_t step, bool padded = true);

/// Returns the progress line, at most `width` columns wide: where the epoch is, or the run if it is counted
/// in steps, and the time that is left of the epoch and of the run, each evaluation of which takes so many
/// seconds. Omits parts that do not fit, from the right; the bar gets what is left.
std::string progress_line(const train::Progress& progress, const train::RunLength& length,
                          double validation_seconds, int width);

/// Returns how far the download of a file is, in at most `width` columns: with a bar, the bytes or the share,
/// whatever there is room for. `total` is positive.
std::string download_line(std::string_view name, std::int64_t now, std::int64_t total, int width);

}  // namespace lenet::cli
