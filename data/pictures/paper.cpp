#include "data/pictures/paper.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace lenet::pictures {
namespace {

// Least depth of ink in grey levels, and in multiples of the paper's noise. Pencil on paper in dim light has
// a depth of about 50 levels; JPEG artefacts on white paper have less than 5.
constexpr double kFaintestInk = 24;
constexpr double kMinNoiseRatio = 5;

/// The terms 1, x, y, x², xy and y² at a pixel, with x and y from -1 to 1. The first three span a plane.
constexpr std::size_t kTerms = 6;
using Terms = std::array<double, kTerms>;

Terms terms_at(const GreyImage& picture, std::int64_t column, std::int64_t row) {
  const auto scaled_to_one = [](std::int64_t at, std::int64_t size) {
    return size > 1 ? 2 * static_cast<double>(at) / static_cast<double>(size - 1) - 1 : 0.0;
  };
  const double x = scaled_to_one(column, picture.width);
  const double y = scaled_to_one(row, picture.height);
  return {1, x, y, x * x, x * y, y * y};
}

/// Brightness of the paper as a smooth surface, fitted to the added pixels by least squares.
class Surface {
 public:
  explicit Surface(std::size_t terms) : used_(terms) {}

  void add(const Terms& terms, double value) {
    for (std::size_t i = 0; i < used_; ++i) {
      right_[i] += terms[i] * value;
      for (std::size_t j = 0; j < used_; ++j) left_[i][j] += terms[i] * terms[j];
    }
  }

  /// Solves by Gaussian elimination. A term that the pixels do not determine stays 0.
  void solve() {
    const double smallest = 1e-9 * left_[0][0];
    for (std::size_t k = 0; k < used_; ++k) {
      if (left_[k][k] <= smallest) {
        left_[k] = {};
        right_[k] = 0;
        left_[k][k] = 1;
        for (std::size_t i = 0; i < k; ++i) left_[i][k] = 0;
      }
      for (std::size_t i = 0; i < used_; ++i) {
        if (i == k) continue;
        const double factor = left_[i][k] / left_[k][k];
        for (std::size_t j = 0; j < used_; ++j) left_[i][j] -= factor * left_[k][j];
        right_[i] -= factor * right_[k];
      }
    }
    for (std::size_t k = 0; k < used_; ++k) coefficients_[k] = right_[k] / left_[k][k];
  }

  double at(const Terms& terms) const {
    double value = 0;
    for (std::size_t i = 0; i < used_; ++i) value += coefficients_[i] * terms[i];
    return value;
  }

 private:
  std::size_t used_;
  std::array<Terms, kTerms> left_{};
  Terms right_{};
  Terms coefficients_{};
};

/// Estimates the standard deviation of a normal distribution with mean 0 from the median of |values|.
double robust_deviation(std::vector<float> values) {
  if (values.empty()) return 0;
  for (float& value : values) value = std::abs(value);
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return 1.4826 * *middle;
}

/// Returns the largest distance from paper that noise explains. The 1 accounts for the rounding of grey
/// levels.
double beyond(double noise) { return 3 * noise + 1; }

bool on_border(const GreyImage& picture, std::int64_t x, std::int64_t y) {
  const std::int64_t band = std::max<std::int64_t>(1, std::min(picture.width, picture.height) / 16);
  return x < band || y < band || x >= picture.width - band || y >= picture.height - band;
}

template <class Use>
void for_each_pixel(const GreyImage& picture, const Use& use) {
  for (std::int64_t y = 0; y < picture.height; ++y)
    for (std::int64_t x = 0; x < picture.width; ++x) use(x, y);
}

/// Plane through the border's pixels without outliers such as strokes and shadows.
struct Border {
  Surface plane{3};
  double noise = 0;
};

Border fit_border(const GreyImage& picture) {
  struct Sample {
    Terms terms;
    float value;
  };
  std::vector<Sample> samples;
  std::vector<float> values;
  for_each_pixel(picture, [&](std::int64_t x, std::int64_t y) {
    if (!on_border(picture, x, y)) return;
    samples.push_back({terms_at(picture, x, y), picture.at(x, y)});
    values.push_back(picture.at(x, y));
  });
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  Border border;
  border.plane.add({1}, *middle);
  border.plane.solve();
  constexpr int kRounds = 6;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<float> rest;
    for (const Sample& sample : samples)
      rest.push_back(sample.value - static_cast<float>(border.plane.at(sample.terms)));
    border.noise = robust_deviation(rest);
    Surface next(3);
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (std::abs(rest[i]) <= beyond(border.noise)) next.add(samples[i].terms, samples[i].value);
    next.solve();
    border.plane = next;
  }
  return border;
}

/// Returns whether ink is darker than the paper along the border.
bool ink_is_dark(const GreyImage& picture, const Border& border) {
  double darker = 0;
  double lighter = 0;
  for_each_pixel(picture, [&](std::int64_t x, std::int64_t y) {
    const double depth = border.plane.at(terms_at(picture, x, y)) - picture.at(x, y);
    if (std::abs(depth) > beyond(border.noise)) (depth > 0 ? darker : lighter) += std::abs(depth);
  });
  return darker >= lighter;
}

GreyImage depth_from(const GreyImage& picture, const Surface& paper, bool dark) {
  GreyImage depth = picture;
  for_each_pixel(picture, [&](std::int64_t x, std::int64_t y) {
    const double away = paper.at(terms_at(picture, x, y)) - picture.at(x, y);
    depth.values[depth.index(x, y)] = static_cast<float>(dark ? away : -away);
  });
  return depth;
}

/// Fits the surface to all pixels that are paper according to a first estimate of the depth.
Surface fit_paper(const GreyImage& picture, const GreyImage& depth, double threshold) {
  Surface paper(kTerms);
  for_each_pixel(picture, [&](std::int64_t x, std::int64_t y) {
    if (std::abs(depth.at(x, y)) < threshold / 2) paper.add(terms_at(picture, x, y), picture.at(x, y));
  });
  paper.solve();
  return paper;
}

void measure(InkDepth& found) {
  found.threshold = otsu_threshold(found.depth.values);
  std::vector<float> paper;
  double sum = 0;
  std::int64_t count = 0;
  for (const float depth : found.depth.values) {
    if (depth < found.threshold / 2) paper.push_back(depth);
    if (depth < found.threshold) continue;
    sum += depth;
    ++count;
  }
  found.noise = robust_deviation(std::move(paper));
  found.ink = count ? sum / static_cast<double>(count) : 0;
}

}  // namespace

double otsu_threshold(const std::vector<float>& values) {
  std::array<double, 256> histogram{};
  double total = 0;
  for (const float value : values) {
    const auto level = static_cast<std::size_t>(std::clamp(value, 0.0f, 255.0f));
    ++histogram[level];
    total += static_cast<double>(level);
  }
  const auto count = static_cast<double>(values.size());
  double below = 0;
  double sum_below = 0;
  double best = -1;
  double threshold = 0;
  for (std::size_t level = 0; level + 1 < histogram.size(); ++level) {
    below += histogram[level];
    sum_below += histogram[level] * static_cast<double>(level);
    const double above = count - below;
    if (below == 0 || above == 0) continue;
    const double apart = sum_below / below - (total - sum_below) / above;
    if (below * above * apart * apart <= best) continue;
    best = below * above * apart * apart;
    threshold = static_cast<double>(level) + 1;
  }
  return threshold;
}

std::optional<InkDepth> ink_depth(const GreyImage& picture) {
  const Border border = fit_border(picture);
  const bool dark = ink_is_dark(picture, border);
  InkDepth found{.depth = depth_from(picture, border.plane, dark)};
  measure(found);
  found.depth = depth_from(picture, fit_paper(picture, found.depth, found.threshold), dark);
  measure(found);
  if (found.ink < std::max(kFaintestInk, kMinNoiseRatio * found.noise)) return std::nullopt;
  return found;
}

}  // namespace lenet::pictures
