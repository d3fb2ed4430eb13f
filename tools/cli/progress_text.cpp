#include "tools/cli/progress_text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <vector>

#include "engine/core/rounding.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/folding.hpp"

namespace lenet::cli {
namespace {

constexpr int kWidestBar = 24;
constexpr int kNarrowestBar = 4;

std::string bar_text(double done, int width) {
  const int filled = static_cast<int>(std::floor(done * width));
  std::string text;
  for (int i = 0; i < width; ++i) text += i < filled ? "━" : "─";
  return text;
}

/// The steps that the bar shows: those of the epoch, or in step mode those of the run.
struct BarRange {
  std::int64_t done = 0;
  std::int64_t all = 0;

  std::int64_t left() const { return all - done; }
  double share() const { return static_cast<double>(done) / static_cast<double>(all); }
};

BarRange bar_range(const train::Progress& progress, const train::RunLength& length) {
  if (length.by_steps) return {progress.step, length.total_steps};
  return {progress.step - progress.epoch * length.steps_per_epoch, length.steps_per_epoch};
}

/// Estimates the time that steps take from the average step so far.
double seconds_of(std::int64_t steps, const train::Progress& progress) {
  const auto done = static_cast<double>(std::max<std::int64_t>(1, progress.step_in_interval));
  const double images = static_cast<double>(steps) * static_cast<double>(progress.training.count) / done;
  return images / std::max(1e-9, progress.images_per_second);
}

/// Returns "ETA 0:28, run 5:12": the time that is left of the epoch, and of the run if that is more.
std::vector<std::string> time_parts(const train::Progress& progress, const train::RunLength& length,
                                    const BarRange& range, double validation_seconds) {
  const std::int64_t left = length.total_steps - progress.step;
  const auto evaluations = static_cast<double>(ceil_divide(left, length.steps_per_evaluation));
  const std::string run = duration_text(seconds_of(left, progress) + evaluations * validation_seconds);
  if (range.left() == left) return {"  ETA " + run};
  return {"  ETA " + duration_text(seconds_of(range.left(), progress)), ", run " + run};
}

}  // namespace

std::string duration_text(double seconds) {
  const long long whole = std::llround(std::max(0.0, seconds));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string steps_text(std::int64_t steps) {
  return fmt::format("{} step{}", with_thousands(steps), steps == 1 ? "" : "s");
}

std::string rate_text(double images_per_second) {
  return fmt::format("{} images/s", with_thousands(std::llround(images_per_second)));
}

std::string loss_text(double loss, int decimals) {
  return loss < 1e5 ? fmt::format("{:.{}f}", loss, decimals) : fmt::format("{:.4g}", loss);
}

std::string place_text(const train::RunLength& length, std::int64_t step, bool padded) {
  const std::int64_t unit = length.by_steps ? 1 : length.steps_per_epoch;
  const std::string all = std::to_string(length.total_steps / unit);
  return fmt::format("{} {:>{}}/{}", length.by_steps ? "Step" : "Epoch", ceil_divide(step, unit),
                     padded ? all.size() : 0, all);
}

std::string progress_line(const train::Progress& progress, const train::RunLength& length,
                          double validation_seconds, int width) {
  const BarRange range = bar_range(progress, length);
  std::string line = place_text(length, progress.step);
  if (columns(line) > width) return "";
  const std::size_t bar_at = line.size();
  int reserved = 0;
  const auto append = [&](const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
      if (columns(line) + columns(part) + reserved > width) return;
      line += part;
    }
  };
  // Padded, so that no part comes and goes with the digits of a count.
  const std::string all = std::to_string(range.all);
  if (!length.by_steps) append({fmt::format(" {:>{}}/{}", range.done, all.size(), all)});
  append(time_parts(progress, length, range, validation_seconds));
  reserved = 1 + kNarrowestBar;
  append({"  loss " + loss_text(progress.training.loss(), 4),
          fmt::format("  accuracy {:.4f}", progress.training.accuracy()),
          "  " + rate_text(progress.images_per_second)});
  const int bar = std::min(kWidestBar, width - columns(line) - 1);
  if (bar >= kNarrowestBar) line.insert(bar_at, " " + bar_text(range.share(), bar));
  return line;
}

std::string download_line(std::string_view name, std::int64_t now, std::int64_t total, int width) {
  constexpr int kBar = 30;
  const double done = static_cast<double>(std::min(now, total)) / static_cast<double>(total);
  const std::string size = fmt::format(" {:>9} of {}", bytes_text(now), bytes_text(total));
  const std::string line = fmt::format("{:24}", name);
  const int bar = std::min(kBar, width - columns(line) - 1 - columns(size));
  if (bar >= kNarrowestBar) return line + " " + bar_text(done, bar) + size;
  const std::string share = fmt::format("{:.0f} %", std::floor(100 * done));
  for (const std::string& shorter : {fmt::format("{}{}", name, size), fmt::format("{} {}", name, share)})
    if (columns(shorter) <= width) return shorter;
  return columns(share) <= width ? share : "";
}

}  // namespace lenet::cli
