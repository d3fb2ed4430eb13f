#include "data/pictures/strokes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "data/pictures/paper.hpp"

namespace lenet::pictures {
namespace {

// Depth at the edge of a stroke, as a share of the ink's mean depth. Below it is paper.
constexpr double kEdge = 0.12;
// Distance over which a stroke's edge may fade, as a share of the pen's width. Faint pixels further away,
// such as the lines of ruled paper, are no part of the stroke.
constexpr double kReach = 0.6;
// Pieces with less ink than this share of the largest are specks. The separate bar of a 5 is above it.
constexpr double kSpeck = 0.04;
// Least ink of an inner piece, as a share of the largest, for which pieces at the border are left out.
constexpr double kInner = 0.2;
// A frame is within this distance of the sides of its box, as a share of the shorter side (an ellipse, such
// as a 0, is not), and covers this share of each side (an L, such as the first stroke of a 4, does not).
constexpr double kFrameDepth = 0.1;
constexpr double kFrameLength = 0.8;

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

/// Returns the distance of each pixel from the nearest pixel of ink.
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

/// Connected piece: its pixels, the number of those above the ink threshold, and whether it touches the
/// border.
struct Piece {
  std::vector<std::size_t> pixels;
  std::int64_t strong = 0;
  bool at_border = false;
};

/// Returns 1 where the depth reaches the ink threshold, 0 elsewhere.
Strokes strong_part(const InkDepth& ink) {
  Strokes strong{.ink = ink.depth, .box = {}};
  for (float& value : strong.ink.values) value = value >= ink.threshold ? 1.0f : 0.0f;
  return strong;
}

class PieceFinder {
 public:
  PieceFinder(const InkDepth& ink, double edge)
      : depth_(ink.depth), threshold_(ink.threshold), edge_(edge), seen_(depth_.values.size()) {
    const Strokes strong = strong_part(ink);
    away_ = distances(strong.ink);
    reach_ = std::max(1.5, kReach * pen_width(strong));
  }

  std::vector<Piece> find() {
    std::vector<Piece> pieces;
    for (std::size_t start = 0; start < seen_.size(); ++start) {
      // Pieces start only at the ink threshold, so that the paper's noise makes no pieces.
      if (seen_[start] || depth_.values[start] < threshold_) continue;
      pieces.push_back(grow_from(start));
    }
    return pieces;
  }

 private:
  Piece grow_from(std::size_t start) {
    Piece piece;
    seen_[start] = true;
    piece.pixels.push_back(start);
    for (std::size_t next = 0; next < piece.pixels.size(); ++next) {
      const std::size_t pixel = piece.pixels[next];
      piece.strong += depth_.values[pixel] >= threshold_;
      const auto x = static_cast<std::int64_t>(pixel) % depth_.width;
      const auto y = static_cast<std::int64_t>(pixel) / depth_.width;
      piece.at_border |= x == 0 || y == 0 || x == depth_.width - 1 || y == depth_.height - 1;
      visit_neighbours(x, y, piece);
    }
    return piece;
  }

  void visit_neighbours(std::int64_t x, std::int64_t y, Piece& piece) {
    for (std::int64_t row = std::max<std::int64_t>(0, y - 1); row <= std::min(depth_.height - 1, y + 1);
         ++row)
      for (std::int64_t column = std::max<std::int64_t>(0, x - 1);
           column <= std::min(depth_.width - 1, x + 1); ++column) {
        const std::size_t pixel = depth_.index(column, row);
        if (seen_[pixel] || depth_.values[pixel] < edge_ || away_.values[pixel] > reach_) continue;
        seen_[pixel] = true;
        piece.pixels.push_back(pixel);
      }
  }

  const GreyImage& depth_;
  double threshold_;
  double edge_;
  std::vector<bool> seen_;
  GreyImage away_;  ///< distance from the nearest pixel at the ink threshold
  double reach_ = 0;
};

std::int64_t largest(const std::vector<Piece>& pieces) {
  std::int64_t most = 0;
  for (const Piece& piece : pieces) most = std::max(most, piece.strong);
  return most;
}

Area box_of(const Piece& piece, std::int64_t columns) {
  constexpr double kFar = std::numeric_limits<double>::max();
  Area box{kFar, kFar, 0, 0};
  for (const std::size_t pixel : piece.pixels) {
    const auto x = static_cast<double>(static_cast<std::int64_t>(pixel) % columns);
    const auto y = static_cast<double>(static_cast<std::int64_t>(pixel) / columns);
    box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1),
           std::max(box.bottom, y + 1)};
  }
  return box;
}

/// Returns the part of a box that a frame along its sides leaves free.
Area hole_of(const Area& box) {
  const double depth = kFrameDepth * std::min(box.width(), box.height());
  return {box.left + depth, box.top + depth, box.right - depth, box.bottom - depth};
}

/// Returns whether a piece runs along all four sides of its box, and nowhere else.
bool is_frame(const Piece& piece, std::int64_t columns) {
  const Area box = box_of(piece, columns);
  const Area hole = hole_of(box);
  std::array<std::set<std::int64_t>, 4> along;  // covered positions of each side
  for (const std::size_t pixel : piece.pixels) {
    const auto column = static_cast<std::int64_t>(pixel) % columns;
    const auto row = static_cast<std::int64_t>(pixel) / columns;
    const double x = static_cast<double>(column) + 0.5;
    const double y = static_cast<double>(row) + 0.5;
    if (x > hole.left && x < hole.right && y > hole.top && y < hole.bottom) return false;
    if (x <= hole.left) along[0].insert(row);
    if (x >= hole.right) along[1].insert(row);
    if (y <= hole.top) along[2].insert(column);
    if (y >= hole.bottom) along[3].insert(column);
  }
  const auto covers = [&](std::size_t side, double length) {
    return static_cast<double>(along[side].size()) >= kFrameLength * length;
  };
  return covers(0, box.height()) && covers(1, box.height()) && covers(2, box.width()) &&
         covers(3, box.width());
}

bool within(const Area& inner, const Area& outer) {
  return inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right &&
         inner.bottom <= outer.bottom;
}

/// Removes a frame around all other pieces, if these are large enough for a digit.
void drop_frame(std::vector<Piece>& pieces, std::int64_t columns) {
  constexpr double kMinHeight = 0.3;
  if (pieces.size() < 2) return;
  const auto frame = std::ranges::find_if(pieces, [&](const Piece& piece) {
    if (!is_frame(piece, columns)) return false;
    const Area hole = hole_of(box_of(piece, columns));
    double tallest = 0;
    for (const Piece& other : pieces) {
      if (&other == &piece) continue;
      const Area box = box_of(other, columns);
      if (!within(box, hole)) return false;
      tallest = std::max(tallest, box.height());
    }
    return tallest >= kMinHeight * hole.height();
  });
  if (frame != pieces.end()) pieces.erase(frame);
}

/// Returns the pieces that belong to the digit.
std::vector<Piece> digit_of(std::vector<Piece> pieces, std::int64_t columns) {
  const auto enough = [](double share, std::int64_t most) { return share * static_cast<double>(most); };
  const double inner = enough(kInner, largest(pieces));
  if (std::ranges::any_of(pieces, [&](const Piece& piece) {
        return !piece.at_border && static_cast<double>(piece.strong) >= inner;
      }))
    std::erase_if(pieces, [](const Piece& piece) { return piece.at_border; });
  const auto drop_specks = [&] {
    const double speck = enough(kSpeck, largest(pieces));
    std::erase_if(pieces, [&](const Piece& piece) { return static_cast<double>(piece.strong) < speck; });
  };
  drop_specks();
  drop_frame(pieces, columns);
  drop_specks();
  return pieces;
}

/// Returns the depth of full ink: the upper quartile of the depths above the ink threshold.
double full_ink(const InkDepth& ink) {
  std::vector<float> strong;
  for (const float depth : ink.depth.values)
    if (depth >= ink.threshold) strong.push_back(depth);
  const auto place = strong.begin() + std::ssize(strong) * 3 / 4;
  std::ranges::nth_element(strong, place);
  return *place;
}

Strokes strokes_of(const std::vector<Piece>& pieces, const InkDepth& ink) {
  const GreyImage& depth = ink.depth;
  const auto full = static_cast<float>(full_ink(ink));
  constexpr double kFar = std::numeric_limits<double>::max();
  Strokes strokes{.ink = {depth.width, depth.height, std::vector<float>(depth.values.size())},
                  .box = {kFar, kFar, 0, 0}};
  for (const Piece& piece : pieces)
    for (const std::size_t pixel : piece.pixels) {
      strokes.ink.values[pixel] = std::clamp(depth.values[pixel] / full, 0.0f, 1.0f);
      const auto x = static_cast<double>(static_cast<std::int64_t>(pixel) % depth.width);
      const auto y = static_cast<double>(static_cast<std::int64_t>(pixel) / depth.width);
      strokes.box = {std::min(strokes.box.left, x), std::min(strokes.box.top, y),
                     std::max(strokes.box.right, x + 1), std::max(strokes.box.bottom, y + 1)};
    }
  return strokes;
}

}  // namespace

std::optional<Strokes> find_strokes(const GreyImage& picture) {
  const std::optional<InkDepth> ink = ink_depth(picture);
  if (!ink) return std::nullopt;
  const double edge = std::min(ink->threshold, std::max(3 * ink->noise, kEdge * ink->ink));
  return strokes_of(digit_of(PieceFinder(*ink, edge).find(), picture.width), *ink);
}

double pen_width(const Strokes& strokes) {
  const GreyImage& ink = strokes.ink;
  const auto is_ink = [&](std::int64_t x, std::int64_t y) {
    return x >= 0 && y >= 0 && x < ink.width && y < ink.height && ink.at(x, y) >= 0.5f;
  };
  double area = 0;
  double sides = 0;  // pixel sides between ink and paper
  for (std::int64_t y = 0; y < ink.height; ++y)
    for (std::int64_t x = 0; x < ink.width; ++x) {
      if (!is_ink(x, y)) continue;
      ++area;
      sides += !is_ink(x - 1, y) + !is_ink(x + 1, y) + !is_ink(x, y - 1) + !is_ink(x, y + 1);
    }
  // Averaged over all directions, a line of length 1 crosses 4/π pixel sides.
  return sides > 0 ? 2 * area / (sides * std::numbers::pi / 4) : 0;
}

Strokes thickened(const Strokes& strokes, double margin) {
  // Adds room for the wider strokes.
  const auto room = static_cast<std::int64_t>(std::ceil(margin)) + 1;
  const GreyImage& ink = strokes.ink;
  Strokes wide{.ink = {ink.width + 2 * room, ink.height + 2 * room, {}}, .box = {}};
  wide.ink.values.resize(static_cast<std::size_t>(wide.ink.width * wide.ink.height));
  for (std::int64_t y = 0; y < ink.height; ++y)
    for (std::int64_t x = 0; x < ink.width; ++x)
      wide.ink.values[wide.ink.index(x + room, y + room)] = ink.at(x, y);
  const GreyImage away = distances(wide.ink);
  for (std::size_t i = 0; i < wide.ink.values.size(); ++i) {
    // The 0.5 is the distance from the middle of a pixel of ink to its edge.
    const auto covered = std::clamp(static_cast<float>(margin) + 0.5f - away.values[i], 0.0f, 1.0f);
    wide.ink.values[i] = std::max(wide.ink.values[i], covered);
  }
  const auto offset = static_cast<double>(room);
  wide.box = {strokes.box.left + offset - margin, strokes.box.top + offset - margin,
              strokes.box.right + offset + margin, strokes.box.bottom + offset + margin};
  return wide;
}

}  // namespace lenet::pictures
