#include "data/pictures/pieces.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <set>
#include <utility>

#include "data/pictures/morphology.hpp"

namespace lenet::pictures {
namespace {

// Depth at the edge of a stroke, as a share of the ink's mean depth. Below it is ground.
constexpr double kEdge = 0.12;
// Distance over which a stroke's edge may fade, as a share of the pen's width. Faint pixels further away,
// such as the lines of ruled paper, are no part of the stroke.
constexpr double kReach = 0.6;
// Pieces with less ink than this share of the largest are specks. The separate bar of a 5 is above it.
constexpr double kSpeck = 0.04;
// Least ink of an inner piece, as a share of the largest, for which pieces at the border are left out.
constexpr double kInner = 0.2;
// A digit that only just touches the border has less of its outline there; strips and corners have half.
constexpr double kTouching = 0.12;
constexpr double kGrownIn = 0.28;
// What reaches this share of the picture's border surrounds a sheet.
constexpr double kSurrounds = 0.5;
// A frame is within this distance of the sides of its box, as a share of the shorter side (an ellipse, such
// as a 0, is not), and covers this share of each side (an L, such as the first stroke of a 4, does not).
constexpr double kFrameDepth = 0.1;
constexpr double kFrameLength = 0.8;
// Least height of writing, as a share of the picture's longer side, for which something else is erased.
constexpr double kLeastHeight = 0.03;
// Least height of what is in a frame, as a share of its own. What is smaller may be the dot in a 0.
constexpr double kFramedHeight = 0.3;

/// Averaged over all directions, a line of length 1 crosses 4/π pixel sides.
double length_of(double sides) { return sides * std::numbers::pi / 4; }

/// Returns 1 where the depth reaches the ink threshold, 0 elsewhere.
GreyImage strong_part(const InkDepth& ink) {
  GreyImage strong = ink.depth;
  for (float& value : strong.values) value = static_cast<double>(value) >= ink.threshold ? 1.0f : 0.0f;
  return strong;
}

class PieceFinder {
 public:
  PieceFinder(const InkDepth& ink, const Sheet& sheet)
      : depth_(ink.depth),
        sheet_(sheet),
        threshold_(ink.threshold),
        edge_(std::min(ink.threshold, std::max(3 * ink.noise, kEdge * ink.ink))),
        seen_(depth_.values.size()) {
    const GreyImage strong = strong_part(ink);
    away_ = distances(strong);
    reach_ = std::max(1.5, kReach * pen_width(strong));
  }

  std::vector<Piece> find() {
    std::vector<Piece> pieces;
    for (std::size_t start = 0; start < seen_.size(); ++start)
      // Pieces start only at the ink threshold, so that the ground's noise makes no pieces.
      if (!seen_[start] && is_strong(start)) pieces.push_back(grow_from(start));
    return pieces;
  }

 private:
  bool is_strong(std::size_t pixel) const { return static_cast<double>(depth_.values[pixel]) >= threshold_; }

  Piece grow_from(std::size_t start) {
    constexpr double kFar = std::numeric_limits<double>::max();
    Piece piece{.pixels = {start}, .box = {kFar, kFar, 0, 0}};
    seen_[start] = true;
    for (std::size_t next = 0; next < piece.pixels.size(); ++next) {
      const std::size_t pixel = piece.pixels[next];
      const auto x = static_cast<std::int64_t>(pixel) % depth_.width;
      const auto y = static_cast<std::int64_t>(pixel) / depth_.width;
      const auto left = static_cast<double>(x);
      const auto top = static_cast<double>(y);
      piece.box = {std::min(piece.box.left, left), std::min(piece.box.top, top),
                   std::max(piece.box.right, left + 1), std::max(piece.box.bottom, top + 1)};
      if (is_strong(pixel)) measure(x, y, piece);
      visit_neighbours(x, y, piece);
    }
    return piece;
  }

  void measure(std::int64_t x, std::int64_t y, Piece& piece) const {
    ++piece.strong;
    constexpr std::array<std::pair<int, int>, 4> kSides = {{{-1, 0}, {1, 0}, {0, -1}, {0, 1}}};
    for (const auto& [across, down] : kSides) {
      const std::int64_t column = x + across;
      const std::int64_t row = y + down;
      const bool outside = column < 0 || row < 0 || column >= depth_.width || row >= depth_.height ||
                           !sheet_.holds(depth_.index(column, row));
      piece.contact += outside;
      piece.outline += outside || !is_strong(depth_.index(column, row));
    }
  }

  void visit_neighbours(std::int64_t x, std::int64_t y, Piece& piece) {
    for (std::int64_t row = std::max<std::int64_t>(0, y - 1); row <= std::min(depth_.height - 1, y + 1);
         ++row)
      for (std::int64_t column = std::max<std::int64_t>(0, x - 1);
           column <= std::min(depth_.width - 1, x + 1); ++column) {
        const std::size_t pixel = depth_.index(column, row);
        if (seen_[pixel] || static_cast<double>(depth_.values[pixel]) < edge_ ||
            static_cast<double>(away_.values[pixel]) > reach_)
          continue;
        seen_[pixel] = true;
        piece.pixels.push_back(pixel);
      }
  }

  const GreyImage& depth_;
  const Sheet& sheet_;
  double threshold_;
  double edge_;
  std::vector<bool> seen_;
  GreyImage away_;  ///< distance from the nearest pixel at the ink threshold
  double reach_ = 0;
};

double largest(const std::vector<Piece>& pieces) {
  std::int64_t most = 0;
  for (const Piece& piece : pieces) most = std::max(most, piece.strong);
  return static_cast<double>(most);
}

/// Returns the part of a box that a frame along its sides leaves free.
Area hole_of(const Area& box) {
  const double depth = kFrameDepth * std::min(box.width(), box.height());
  return {box.left + depth, box.top + depth, box.right - depth, box.bottom - depth};
}

/// Returns whether a piece runs along all four sides of its box, and nowhere else.
bool is_rectangle(const Piece& piece, std::int64_t columns) {
  const Area hole = hole_of(piece.box);
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
  return covers(0, piece.box.height()) && covers(1, piece.box.height()) && covers(2, piece.box.width()) &&
         covers(3, piece.box.width());
}

bool within(const Area& inner, const Area& outer) {
  return inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right &&
         inner.bottom <= outer.bottom;
}

/// Returns whether a piece is a frame around others that are large enough for a digit.
bool is_frame(const Piece& piece, const std::vector<Piece>& pieces, std::int64_t columns) {
  const Area hole = hole_of(piece.box);
  return std::ranges::any_of(pieces,
                             [&](const Piece& other) {
                               return &other != &piece && within(other.box, piece.box) &&
                                      other.box.height() >= kFramedHeight * hole.height();
                             }) &&
         is_rectangle(piece, columns);
}

/// Returns whether a piece is a filled disc. No digit is.
bool is_disc(const Piece& piece) {
  const double width = piece.box.width();
  const double height = piece.box.height();
  const double filled = static_cast<double>(piece.strong) / (std::numbers::pi / 4 * width * height);
  // Twice its area divided by its outline is a disc's radius; a stroke's is the width of the pen.
  const double radius = 2 * static_cast<double>(piece.strong) / length_of(piece.outline);
  return width <= 1.4 * height && height <= 1.4 * width && filled >= 0.75 && filled <= 1.15 &&
         radius >= 0.38 * std::min(width, height);
}

/// Erases a piece and the faint pixels around it.
void erase(const Piece& piece, GreyImage& depth) {
  constexpr std::int64_t kRim = 2;
  for (const std::size_t pixel : piece.pixels) {
    const auto x = static_cast<std::int64_t>(pixel) % depth.width;
    const auto y = static_cast<std::int64_t>(pixel) / depth.width;
    for (std::int64_t row = std::max<std::int64_t>(0, y - kRim); row <= std::min(depth.height - 1, y + kRim);
         ++row)
      for (std::int64_t column = std::max<std::int64_t>(0, x - kRim);
           column <= std::min(depth.width - 1, x + kRim); ++column)
        depth.values[depth.index(column, row)] = 0;
  }
}

/// Erases what is no writing. Returns whether there was any. What is alone on the page stays.
bool erase_foreign(const std::vector<Piece>& pieces, GreyImage& depth) {
  const double speck = kSpeck * largest(pieces);
  const double surrounding = kSurrounds * 2 * static_cast<double>(depth.width + depth.height);
  const double least = kLeastHeight * static_cast<double>(std::max(depth.width, depth.height));
  std::vector<const Piece*> foreign;
  std::size_t written = 0;
  for (const Piece& piece : pieces) {
    const bool is_foreign = piece.contact_share() >= kGrownIn || piece.contact >= surrounding ||
                            is_disc(piece) || is_frame(piece, pieces, depth.width);
    if (is_foreign && static_cast<double>(piece.strong) >= speck) foreign.push_back(&piece);
    written += !is_foreign && piece.box.height() >= least;
  }
  if (foreign.empty() || written == 0) return false;
  for (const Piece* const piece : foreign) erase(*piece, depth);
  return true;
}

/// Keeps the pieces with most ink if there are too many. Their number squared bounds the time of what
/// follows.
void keep_largest(std::vector<Piece>& pieces) {
  if (pieces.size() <= kMostPieces) return;
  std::ranges::stable_sort(pieces, std::ranges::greater{}, &Piece::strong);
  pieces.resize(kMostPieces);
}

void drop_specks(std::vector<Piece>& pieces) {
  const double speck = kSpeck * largest(pieces);
  std::erase_if(pieces, [&](const Piece& piece) { return static_cast<double>(piece.strong) < speck; });
}

/// Leaves out pieces at the border, unless they are as tall as an inner piece and only just touch it.
void drop_at_border(std::vector<Piece>& pieces) {
  const double inner = kInner * largest(pieces);
  double tallest = 0;
  for (const Piece& piece : pieces)
    if (!piece.at_border() && static_cast<double>(piece.strong) >= inner)
      tallest = std::max(tallest, piece.box.height());
  if (tallest == 0) return;
  std::erase_if(pieces, [&](const Piece& piece) {
    const double height = piece.box.height();
    const bool digit =
        piece.contact_share() < kTouching && height >= 0.6 * tallest && height <= 1.6 * tallest;
    return piece.at_border() && !digit;
  });
}

}  // namespace

double Piece::contact_share() const {
  // The border's pixel sides are as long as it is.
  return outline > 0 ? contact / (contact + length_of(outline - contact)) : 0;
}

std::vector<Piece> find_pieces(const InkDepth& ink, const Sheet& sheet) {
  std::vector<Piece> pieces = PieceFinder(ink, sheet).find();
  keep_largest(pieces);
  return pieces;
}

std::vector<Piece> find_written_pieces(InkDepth& ink, const Sheet& sheet) {
  constexpr int kRounds = 5;
  for (int round = 0; round < kRounds && ink.has_ink(); ++round) {
    std::vector<Piece> pieces = find_pieces(ink, sheet);
    if (round + 1 < kRounds && erase_foreign(pieces, ink.depth)) {
      ink = measured(std::move(ink.depth), sheet);
      continue;
    }
    drop_at_border(pieces);
    drop_specks(pieces);
    return pieces;
  }
  return {};
}

double pen_width(const GreyImage& ink) {
  const auto is_ink = [&](std::int64_t x, std::int64_t y) {
    return x >= 0 && y >= 0 && x < ink.width && y < ink.height && ink.at(x, y) >= 0.5f;
  };
  double area = 0;
  double sides = 0;  // pixel sides between ink and ground
  for (std::int64_t y = 0; y < ink.height; ++y)
    for (std::int64_t x = 0; x < ink.width; ++x) {
      if (!is_ink(x, y)) continue;
      ++area;
      sides += !is_ink(x - 1, y) + !is_ink(x + 1, y) + !is_ink(x, y - 1) + !is_ink(x, y + 1);
    }
  return sides > 0 ? 2 * area / length_of(sides) : 0;
}

}  // namespace lenet::pictures
