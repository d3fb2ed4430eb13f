#include "data/pictures/morphology.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace lenet::pictures {
namespace {

/// Extreme values of one row: `better` of two values is the one that wins. Blocks of the window's length are
/// scanned from both ends; any window is the end of one block and the start of the next.
template <class Better>
class RowFilter {
 public:
  RowFilter(std::int64_t width, std::int64_t reach, float worst, Better better)
      : reach_(reach),
        window_(2 * reach + 1),
        better_(better),
        padded_(static_cast<std::size_t>((width + 2 * reach + window_ - 1) / window_ * window_), worst),
        from_left_(padded_.size()),
        from_right_(padded_.size()) {}

  void apply(std::span<float> row) {
    std::ranges::copy(row, padded_.begin() + reach_);
    const auto window = static_cast<std::size_t>(window_);
    for (std::size_t i = 0; i < padded_.size(); ++i)
      from_left_[i] = i % window == 0 ? padded_[i] : better_(from_left_[i - 1], padded_[i]);
    for (std::size_t i = padded_.size(); i-- > 0;)
      from_right_[i] = i % window == window - 1 ? padded_[i] : better_(from_right_[i + 1], padded_[i]);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = better_(from_right_[i], from_left_[i + window - 1]);
  }

 private:
  std::int64_t reach_;
  std::int64_t window_;
  Better better_;
  std::vector<float> padded_;
  std::vector<float> from_left_;
  std::vector<float> from_right_;
};

std::span<float> row_of(GreyImage& image, std::int64_t y) {
  return std::span(image.values).subspan(image.index(0, y), static_cast<std::size_t>(image.width));
}

template <class Better>
GreyImage filtered(GreyImage image, std::int64_t reach, float worst, Better better) {
  for (int axis = 0; axis < 2; ++axis) {
    RowFilter filter(image.width, std::min(reach, image.width), worst, better);
    for (std::int64_t y = 0; y < image.height; ++y) filter.apply(row_of(image, y));
    image = transposed(image);
  }
  return image;
}

/// Replaces the squared distances of one row by the minimum over all places of the squared distance there
/// plus the squared offset. Computes the lower envelope of parabolas, after Felzenszwalb and Huttenlocher,
/// "Distance transforms of sampled functions", 2012.
void spread(std::vector<double>& squares) {
  const std::vector<double> given = squares;
  std::vector<std::size_t> vertices{0};
  std::vector<double> borders{-std::numeric_limits<double>::infinity()};
  const auto crossing = [&](std::size_t p, std::size_t q) {
    const auto a = static_cast<double>(p);
    const auto b = static_cast<double>(q);
    return ((given[q] + b * b) - (given[p] + a * a)) / (2 * (b - a));
  };
  for (std::size_t q = 1; q < given.size(); ++q) {
    double border = crossing(vertices.back(), q);
    while (border <= borders.back()) {
      vertices.pop_back();
      borders.pop_back();
      border = crossing(vertices.back(), q);
    }
    vertices.push_back(q);
    borders.push_back(border);
  }
  std::size_t at = 0;
  for (std::size_t x = 0; x < given.size(); ++x) {
    while (at + 1 < vertices.size() && borders[at + 1] < static_cast<double>(x)) ++at;
    const double away = static_cast<double>(x) - static_cast<double>(vertices[at]);
    squares[x] = away * away + given[vertices[at]];
  }
}

}  // namespace

GreyImage transposed(const GreyImage& image) {
  GreyImage result{image.height, image.width, std::vector<float>(image.values.size())};
  for (std::int64_t y = 0; y < image.height; ++y)
    for (std::int64_t x = 0; x < image.width; ++x) result.values[result.index(y, x)] = image.at(x, y);
  return result;
}

GreyImage largest_within(const GreyImage& image, std::int64_t reach) {
  return filtered(image, reach, std::numeric_limits<float>::lowest(),
                  [](float a, float b) { return a > b ? a : b; });
}

GreyImage smallest_within(const GreyImage& image, std::int64_t reach) {
  return filtered(image, reach, std::numeric_limits<float>::max(),
                  [](float a, float b) { return a < b ? a : b; });
}

GreyImage closed(const GreyImage& image, std::int64_t reach) {
  return smallest_within(largest_within(image, reach), reach);
}

GreyImage opened(const GreyImage& image, std::int64_t reach) {
  return largest_within(smallest_within(image, reach), reach);
}

GreyImage blurred(const GreyImage& image, std::int64_t reach) {
  GreyImage result = image;
  for (int axis = 0; axis < 2; ++axis) {
    for (std::int64_t y = 0; y < result.height; ++y) {
      const std::span<float> row = row_of(result, y);
      std::vector<double> sums{0};
      for (const float value : row) sums.push_back(sums.back() + static_cast<double>(value));
      for (std::int64_t x = 0; x < result.width; ++x) {
        const auto first = static_cast<std::size_t>(std::max<std::int64_t>(0, x - reach));
        const auto end = static_cast<std::size_t>(std::min(result.width, x + reach + 1));
        row[static_cast<std::size_t>(x)] =
            static_cast<float>((sums[end] - sums[first]) / static_cast<double>(end - first));
      }
    }
    result = transposed(result);
  }
  return result;
}

GreyImage distances(const GreyImage& ink) {
  constexpr double kFar = 1e12;
  GreyImage result{ink.width, ink.height, std::vector<float>(ink.values.size())};
  std::vector<std::vector<double>> rows;
  for (std::int64_t y = 0; y < ink.height; ++y) {
    std::vector<double>& row = rows.emplace_back();
    for (std::int64_t x = 0; x < ink.width; ++x) row.push_back(ink.at(x, y) >= 0.5f ? 0 : kFar);
    spread(row);
  }
  for (std::int64_t x = 0; x < ink.width; ++x) {
    std::vector<double> column;
    for (const auto& row : rows) column.push_back(row[static_cast<std::size_t>(x)]);
    spread(column);
    for (std::int64_t y = 0; y < ink.height; ++y)
      result.values[result.index(x, y)] = static_cast<float>(std::sqrt(column[static_cast<std::size_t>(y)]));
  }
  return result;
}

}  // namespace lenet::pictures
