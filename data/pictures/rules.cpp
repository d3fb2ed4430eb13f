#include "data/pictures/rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

#include "data/pictures/morphology.hpp"

namespace lenet::pictures {
namespace {

// Largest slope of a line, 7 degrees, and the columns between two that are counted.
constexpr double kMostSlope = 0.12;
constexpr std::int64_t kColumnStep = 3;
// Least share of the sheet that a line covers, in all and in this part of it at either end. A stroke does not
// reach from one edge of the sheet to the other.
constexpr double kCovered = 0.65;
constexpr double kEnd = 0.08;
constexpr double kEndCovered = 0.35;
// Largest thickness, as a share of the sheet's shorter side.
constexpr double kThickest = 0.035;
constexpr std::int64_t kMostLines = 80;

/// A nearly level line: its height in the middle column, and its thickness in pixels.
struct Rule {
  double slope = 0;
  double height = 0;
  double thickness = 0;

  double at(double x, double middle) const { return height + slope * (x - middle); }
};

/// Searches nearly level lines among the pixels of ink, by counting the ink along every slope and height.
class RuleFinder {
 public:
  RuleFinder(const GreyImage& depth, const Sheet& sheet, double threshold)
      : width_(depth.width), height_(depth.height), middle_(static_cast<double>(width_) / 2), sheet_(sheet) {
    taken_.resize(depth.values.size());
    strong_.reserve(depth.values.size());
    for (const float value : depth.values) strong_.push_back(static_cast<double>(value) >= threshold);
    const double thickest = kThickest * static_cast<double>(std::min(width_, height_));
    thickest_ = static_cast<std::int64_t>(std::max(3.0, thickest));
  }

  std::vector<Rule> find() {
    count_ink();
    std::vector<Rule> rules;
    const double least_share = sheet_.is_whole() ? kCovered : kCovered / 2;
    const auto least = static_cast<std::int32_t>(least_share * static_cast<double>(width_ / kColumnStep));
    constexpr int kTries = 1500;
    for (int tried = 0; tried < kTries && std::ssize(rules) < kMostLines; ++tried) {
      const auto most = std::ranges::max_element(counts_);
      if (most == counts_.end() || *most < std::max(least, 4)) break;
      const std::int64_t place = most - counts_.begin();
      Rule rule{.slope = slope_of(place / height_), .height = static_cast<double>(place % height_) + 0.5};
      const std::optional<double> thickness = thickness_along(rule);
      rule.thickness = thickness.value_or(1);
      if (thickness) {
        rules.push_back(rule);
        take(rule);
      }
      forget(rule, thickness ? 1.0 + rule.thickness : 1.0);
    }
    return rules;
  }

 private:
  double slope_of(std::int64_t number) const {
    return kMostSlope * (2 * static_cast<double>(number) / static_cast<double>(slopes_ - 1) - 1);
  }
  bool is_strong(std::int64_t x, std::int64_t y) const {
    return x >= 0 && y >= 0 && x < width_ && y < height_ && strong_[static_cast<std::size_t>(y * width_ + x)];
  }

  /// Fills counts_: the pixels of ink, a pixel up or down included, of each slope and height.
  void count_ink() {
    // Neighbouring slopes differ by a pixel at the ends.
    slopes_ = 2 * std::max<std::int64_t>(1, std::llround(kMostSlope * middle_)) + 1;
    counts_.assign(static_cast<std::size_t>(slopes_ * height_), 0);
    std::vector<std::int64_t> inked;
    for (std::int64_t x = 0; x < width_; x += kColumnStep) {
      inked.clear();
      for (std::int64_t y = 0; y < height_; ++y)
        if (is_strong(x, y) || is_strong(x, y - 1) || is_strong(x, y + 1)) inked.push_back(y);
      for (std::int64_t number = 0; number < slopes_; ++number) {
        const auto shift = std::llround(slope_of(number) * (static_cast<double>(x) + 0.5 - middle_));
        std::int32_t* const row = &counts_[static_cast<std::size_t>(number * height_)];
        for (const std::int64_t y : inked)
          if (y - shift >= 0 && y - shift < height_) ++row[y - shift];
      }
    }
  }

  /// Marks the pixels of a line, so that it is not found again with another slope.
  void take(const Rule& rule) {
    const double half = rule.thickness / 2 + 1;
    for (std::int64_t x = 0; x < width_; ++x) {
      const double center = rule.at(static_cast<double>(x) + 0.5, middle_);
      const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(center - half)));
      const auto end = std::min(height_, static_cast<std::int64_t>(std::ceil(center + half)));
      for (std::int64_t y = first; y < end; ++y) taken_[static_cast<std::size_t>(y * width_ + x)] = true;
    }
  }

  /// Returns the thickness of a line that covers enough of the sheet and is thin, or nullopt: the median of
  /// where no stroke crosses it or runs along it, which must be a quarter of it.
  std::optional<double> thickness_along(const Rule& rule) const {
    struct Column {
      bool on_line = false;
      std::int64_t run = 0;
    };
    std::vector<Column> columns;
    for (std::int64_t x = 0; x < width_; x += kColumnStep) {
      const auto y = static_cast<std::int64_t>(std::floor(rule.at(static_cast<double>(x) + 0.5, middle_)));
      const auto place = static_cast<std::size_t>(y * width_ + x);
      if (y < 0 || y >= height_ || !sheet_.holds(place)) continue;
      columns.push_back(taken_[place] ? Column{} : column_at<Column>(x, y));
    }
    std::vector<std::int64_t> runs;
    const auto end = static_cast<std::size_t>(std::ceil(kEnd * static_cast<double>(columns.size())));
    std::size_t first = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i].on_line) continue;
      runs.push_back(columns[i].run);
      first += i < end;
      last += i + end >= columns.size();
    }
    const auto reached = [](std::size_t count, std::size_t of, double share) {
      return static_cast<double>(count) >= share * static_cast<double>(of);
    };
    if (columns.size() < 8 || !reached(runs.size(), columns.size(), kCovered) ||
        !reached(first, end, kEndCovered) || !reached(last, end, kEndCovered))
      return std::nullopt;
    const std::size_t all = runs.size();
    std::erase_if(runs, [&](std::int64_t run) { return run > thickest_; });
    if (4 * runs.size() < all || runs.empty()) return std::nullopt;
    const auto middle = runs.begin() + std::ssize(runs) / 2;
    std::ranges::nth_element(runs, middle);
    return static_cast<double>(*middle);
  }

  template <class Column>
  Column column_at(std::int64_t x, std::int64_t y) const {
    for (const std::int64_t offset : {0, -1, 1}) {
      if (!is_strong(x, y + offset)) continue;
      std::int64_t top = y + offset;
      std::int64_t bottom = y + offset;
      while (bottom - top <= 2 * thickest_ && is_strong(x, top - 1)) --top;
      while (bottom - top <= 2 * thickest_ && is_strong(x, bottom + 1)) ++bottom;
      return {true, bottom - top + 1};
    }
    return {};
  }

  /// Zeroes the counts of lines that are within `distance` of this one at both ends.
  void forget(const Rule& rule, double distance) {
    for (std::int64_t number = 0; number < slopes_; ++number) {
      const double apart = std::abs(slope_of(number) - rule.slope) * middle_;
      const double left = std::max(0.0, distance - apart);
      if (apart > distance) continue;
      const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(rule.height - left)));
      const auto last = std::min(height_ - 1, static_cast<std::int64_t>(std::ceil(rule.height + left)));
      for (std::int64_t y = first; y <= last; ++y)
        counts_[static_cast<std::size_t>(number * height_ + y)] = 0;
    }
  }

  std::int64_t width_;
  std::int64_t height_;
  double middle_;
  const Sheet& sheet_;
  std::int64_t thickest_ = 0;
  std::vector<bool> strong_;
  std::vector<bool> taken_;  ///< pixels of the lines that were found
  std::int64_t slopes_ = 0;
  std::vector<std::int32_t> counts_;
};

/// Columns of ink next to each other, the last one included.
struct Run {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::vector<Run> runs_of(const std::vector<bool>& inked) {
  std::vector<Run> runs;
  for (std::int64_t x = 0; x < std::ssize(inked); ++x) {
    if (!inked[static_cast<std::size_t>(x)]) continue;
    if (!runs.empty() && runs.back().last == x - 1)
      runs.back().last = x;
    else
      runs.push_back({x, x});
  }
  return runs;
}

std::int64_t gap_between(const Run& a, const Run& b) {
  return std::max<std::int64_t>(0, std::max(a.first, b.first) - std::min(a.last, b.last));
}

/// Erases one nearly level line.
class RuleEraser {
 public:
  RuleEraser(GreyImage& depth, double threshold, double pen_depth)
      : depth_(depth), threshold_(threshold), pen_depth_(pen_depth) {}

  void erase(const Rule& rule) {
    follow(rule);
    const double line_depth = depth_on_line();
    const std::vector<Run> above = runs_of(ink_next_to(-1));
    const std::vector<Run> below = runs_of(ink_next_to(1));
    clear(line_depth);
    const auto reach = static_cast<std::int64_t>(std::ceil(1.5 * (rule.thickness + 3)));
    for (const Run& run : above)
      for (const Run& other : below)
        if (gap_between(run, other) <= reach && is_nearest(run, below, other) &&
            is_nearest(other, above, run))
          bridge(run, other);
  }

 private:
  struct Band {
    std::int64_t top = 0;     ///< first row of the line
    std::int64_t bottom = 0;  ///< last row of it
  };

  double at(std::int64_t x, std::int64_t y) const {
    return x < 0 || y < 0 || x >= depth_.width || y >= depth_.height ? 0
                                                                     : static_cast<double>(depth_.at(x, y));
  }

  /// Finds the line's rows in each column: those of the ink there if it is as thin as the line.
  void follow(const Rule& rule) {
    bands_.clear();
    const double half = rule.thickness / 2 + 1.5;
    double drift = 0;  // of paper that is not flat
    for (std::int64_t x = 0; x < depth_.width; ++x) {
      const double height =
          rule.at(static_cast<double>(x) + 0.5, static_cast<double>(depth_.width) / 2) + drift;
      auto y = static_cast<std::int64_t>(std::floor(height));
      std::int64_t top = y;
      std::int64_t bottom = y;
      const auto longest = static_cast<std::int64_t>(1.6 * rule.thickness + 2);
      while (bottom - top < longest && at(x, top - 1) >= threshold_) --top;
      while (bottom - top < longest && at(x, bottom + 1) >= threshold_) ++bottom;
      const double center = static_cast<double>(top + bottom + 1) / 2;
      const bool line_alone = at(x, y) >= threshold_ && bottom - top < longest;
      if (line_alone && std::abs(center - height) < half) drift += 0.1 * (center - height);
      const double middle = line_alone ? center : height;
      bands_.push_back({static_cast<std::int64_t>(std::floor(middle - half)),
                        static_cast<std::int64_t>(std::ceil(middle + half)) - 1});
    }
  }

  double depth_on_line() const {
    std::vector<double> depths;
    for (std::int64_t x = 0; x < depth_.width; ++x) {
      const Band& band = bands_[static_cast<std::size_t>(x)];
      depths.push_back(at(x, (band.top + band.bottom) / 2));
    }
    const auto middle = depths.begin() + std::ssize(depths) / 2;
    std::ranges::nth_element(depths, middle);
    return *middle;
  }

  /// Returns the columns in which there is ink just above (-1) or below (1) the line.
  std::vector<bool> ink_next_to(int side) const {
    std::vector<bool> inked;
    for (std::int64_t x = 0; x < depth_.width; ++x) {
      const Band& band = bands_[static_cast<std::size_t>(x)];
      const std::int64_t edge = side < 0 ? band.top : band.bottom;
      inked.push_back(at(x, edge + side) >= threshold_ && at(x, edge + 2 * side) >= threshold_);
    }
    return inked;
  }

  /// Returns whether ink goes on from the line far beyond its thickness: a stroke crosses it here, or runs
  /// along it. (So does a line of a grid that crosses this one; it is erased next, and this place with it.)
  bool is_crossed(std::int64_t x) const {
    constexpr std::int64_t kBeyond = 3;
    const Band& band = bands_[static_cast<std::size_t>(x)];
    const std::int64_t least = band.bottom - band.top + 1 + kBeyond;
    const std::int64_t middle = (band.top + band.bottom) / 2;
    std::int64_t first = middle;
    std::int64_t last = middle;
    while (last - first + 1 < least && at(x, first - 1) >= threshold_) --first;
    while (last - first + 1 < least && at(x, last + 1) >= threshold_) ++last;
    return at(x, middle) >= threshold_ && last - first + 1 >= least;
  }

  /// Clears the line, but for what is much deeper than it, a dark pen along a pale line, or where depths do
  /// not differ, for where it is crossed.
  void clear(double line_depth) {
    const double deeper = (line_depth + pen_depth_) / 2;
    const bool pale = pen_depth_ - line_depth >= 50;
    for (std::int64_t x = 0; x < depth_.width; ++x) {
      if (!pale && is_crossed(x)) continue;
      const Band& band = bands_[static_cast<std::size_t>(x)];
      for (std::int64_t y = std::max<std::int64_t>(0, band.top);
           y <= std::min(depth_.height - 1, band.bottom); ++y)
        if (!pale || at(x, y) < deeper) depth_.values[depth_.index(x, y)] = 0;
    }
  }

  static bool is_nearest(const Run& run, const std::vector<Run>& others, const Run& candidate) {
    return std::ranges::none_of(
        others, [&](const Run& other) { return gap_between(run, other) < gap_between(run, candidate); });
  }

  /// Draws a stroke through the line, from the ink above it to that below it.
  void bridge(const Run& above, const Run& below) {
    const std::int64_t first = std::min(above.first, below.first);
    const std::int64_t last = std::max(above.last, below.last);
    for (std::int64_t x = first; x <= last; ++x) {
      const Band& band = bands_[static_cast<std::size_t>(x)];
      for (std::int64_t y = std::max<std::int64_t>(0, band.top);
           y <= std::min(depth_.height - 1, band.bottom); ++y) {
        const double share =
            (static_cast<double>(y - band.top) + 1) / (static_cast<double>(band.bottom - band.top) + 2);
        const auto between = [&](std::int64_t a, std::int64_t b) {
          return static_cast<double>(a) * (1 - share) + static_cast<double>(b) * share;
        };
        const auto column = static_cast<double>(x);
        if (column < between(above.first, below.first) || column > between(above.last, below.last)) continue;
        float& value = depth_.values[depth_.index(x, y)];
        value = std::max(value, static_cast<float>(pen_depth_));
      }
    }
  }

  GreyImage& depth_;
  double threshold_;
  double pen_depth_;
  std::vector<Band> bands_;
};

/// Returns the upper quartile of the depth of ink that is on none of the lines.
double depth_off_lines(const GreyImage& depth, const std::vector<Rule>& level,
                       const std::vector<Rule>& upright, double threshold) {
  std::vector<float> off;
  const auto on = [](const std::vector<Rule>& rules, std::int64_t along, std::int64_t across,
                     std::int64_t length) {
    return std::ranges::any_of(rules, [&](const Rule& rule) {
      const double height = rule.at(static_cast<double>(along) + 0.5, static_cast<double>(length) / 2);
      return std::abs(static_cast<double>(across) + 0.5 - height) <= rule.thickness / 2 + 3;
    });
  };
  for (std::int64_t y = 0; y < depth.height; ++y)
    for (std::int64_t x = 0; x < depth.width; ++x)
      if (static_cast<double>(depth.at(x, y)) >= threshold && !on(level, x, y, depth.width) &&
          !on(upright, y, x, depth.height))
        off.push_back(depth.at(x, y));
  if (off.empty()) return threshold;
  const auto place = off.begin() + std::ssize(off) * 3 / 4;
  std::ranges::nth_element(off, place);
  return static_cast<double>(*place);
}

}  // namespace

std::int64_t remove_rules(GreyImage& depth, const Sheet& sheet, double threshold) {
  const std::vector<Rule> level = RuleFinder(depth, sheet, threshold).find();
  GreyImage turned = transposed(depth);
  const std::vector<Rule> upright =
      RuleFinder(turned, sheet.is_whole() ? Sheet{} : Sheet{transposed(sheet.mask)}, threshold).find();
  if (level.empty() && upright.empty()) return 0;
  const double pen_depth = depth_off_lines(depth, level, upright, threshold);
  RuleEraser eraser(depth, threshold, pen_depth);
  for (const Rule& rule : level) eraser.erase(rule);
  turned = transposed(depth);
  RuleEraser turned_eraser(turned, threshold, pen_depth);
  for (const Rule& rule : upright) turned_eraser.erase(rule);
  depth = transposed(turned);
  return std::ssize(level) + std::ssize(upright);
}

}  // namespace lenet::pictures
