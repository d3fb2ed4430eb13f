#include "data/pictures/strokes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "data/pictures/morphology.hpp"
#include "data/pictures/paper.hpp"
#include "data/pictures/pieces.hpp"
#include "data/pictures/rules.hpp"
#include "data/pictures/sheet.hpp"

namespace lenet::pictures {
namespace {

// Least height of a digit, as a share of the tallest one. Smaller pieces are parts of a digit near them.
constexpr double kDigitHeight = 0.35;
// Widest gap between a digit and a small piece of it, as a share of the tallest digit.
constexpr double kPartGap = 0.3;
// Least overlap, as a share of the narrower piece, and widest gap, as a share of the taller one, of two
// pieces one above the other that are one digit.
constexpr double kOverlap = 0.5;
constexpr double kStackGap = 0.3;
// Shares of the page and of a digit's box that ink does not cover.
constexpr double kFullPage = 0.4;
constexpr double kFullBox = 0.75;
// Share of the differences from the ground from which it is clear what is ground.
constexpr double kClearGround = 0.6;
// Below this share, both dark and light ink are looked for.
constexpr double kCertainGround = 0.7;
// The squares between bold lines may be found as digits: taken for squares are at least this many of them,
// and at least this many times as many as there are digits in the other ink.
constexpr std::size_t kSquares = 5;
// Reach for the ground between strokes, in widths of the pen: where strokes meet they are wider. And the
// least one, in pixels.
constexpr double kReachOfPen = 2.5;
constexpr double kLeastReach = 10;
// Least share of the outline on the border of what may have grown in from there.
constexpr double kAtBorder = 0.12;
// Widest pen, as a share of the digit's longer side.
constexpr double kWidestPen = 0.28;
// Least width of touching digits, as a share of their height, and least height of what is cut off.
constexpr double kTouchingWidth = 1.25;
constexpr double kCutHeight = 0.65;

Area around(const Area& a, const Area& b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
          std::max(a.bottom, b.bottom)};
}

/// Pieces that are one digit.
struct Group {
  std::vector<const Piece*> pieces;
  Area box;
  std::string doubt;

  void add(const Piece& piece) {
    box = pieces.empty() ? piece.box : around(box, piece.box);
    pieces.push_back(&piece);
  }
};

double overlap(double a_first, double a_last, double b_first, double b_last) {
  return std::min(a_last, b_last) - std::max(a_first, b_first);
}

double gap_between(const Area& a, const Area& b) {
  const double across = std::max(0.0, -overlap(a.left, a.right, b.left, b.right));
  const double down = std::max(0.0, -overlap(a.top, a.bottom, b.top, b.bottom));
  return std::max(across, down);
}

/// Returns whether two tall pieces are parts of one digit: one above the other, or one within the other.
bool are_one(const Area& a, const Area& b) {
  const double across = overlap(a.left, a.right, b.left, b.right);
  const double gap = -overlap(a.top, a.bottom, b.top, b.bottom);
  return across >= kOverlap * std::min(a.width(), b.width()) &&
         gap <= kStackGap * std::max(a.height(), b.height()) / 2;
}

std::vector<Group> tall_groups(const std::vector<Piece>& pieces, double tallest) {
  std::vector<Group> groups;
  for (const Piece& piece : pieces) {
    if (piece.box.height() < kDigitHeight * tallest) continue;
    Group group;
    group.add(piece);
    for (auto other = groups.begin(); other != groups.end();) {
      if (!are_one(other->box, group.box)) {
        ++other;
        continue;
      }
      for (const Piece* const part : other->pieces) group.add(*part);
      group.doubt = "it is in several pieces";
      other = groups.erase(other);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

/// Adds small pieces to the digits that they are near. Others are marks that belong to none.
void add_small_pieces(std::vector<Group>& groups, const std::vector<Piece>& pieces, double tallest) {
  const std::vector<Group> digits = groups;
  for (const Piece& piece : pieces) {
    if (piece.box.height() >= kDigitHeight * tallest) continue;
    std::size_t nearest = 0;
    for (std::size_t i = 1; i < digits.size(); ++i)
      if (gap_between(digits[i].box, piece.box) < gap_between(digits[nearest].box, piece.box)) nearest = i;
    const double gap = gap_between(digits[nearest].box, piece.box);
    if (gap <= kPartGap * tallest) groups[nearest].add(piece);
    if (gap > 0) groups[nearest].doubt = "there are other marks next to it";
  }
}

/// Sorts digits in reading order: rows from top to bottom, each from left to right.
void sort_by_place(std::vector<Strokes>& digits) {
  std::ranges::sort(digits, {}, [](const Strokes& digit) { return digit.place.top; });
  for (auto first = digits.begin(); first != digits.end();) {
    const double bottom = first->place.bottom - first->place.height() / 2;
    const auto last =
        std::find_if(first, digits.end(), [&](const Strokes& digit) { return digit.place.top > bottom; });
    std::sort(first, last, [](const Strokes& a, const Strokes& b) { return a.place.left < b.place.left; });
    first = last;
  }
}

/// Returns the depth of full ink: the upper quartile of the depths above the ink threshold.
float full_ink(const InkDepth& ink) {
  std::vector<float> strong;
  for (const float depth : ink.depth.values)
    if (static_cast<double>(depth) >= ink.threshold) strong.push_back(depth);
  const auto place = strong.begin() + std::ssize(strong) * 3 / 4;
  std::ranges::nth_element(strong, place);
  return *place;
}

Strokes strokes_of(const Group& group, const GreyImage& depth, float full) {
  const auto width = static_cast<std::int64_t>(group.box.width());
  const auto height = static_cast<std::int64_t>(group.box.height());
  Strokes strokes{.ink = {width, height, std::vector<float>(static_cast<std::size_t>(width * height))},
                  .place = group.box,
                  .doubt = group.doubt};
  for (const Piece* const piece : group.pieces)
    for (const std::size_t pixel : piece->pixels) {
      const auto x =
          static_cast<std::int64_t>(pixel) % depth.width - static_cast<std::int64_t>(group.box.left);
      const auto y =
          static_cast<std::int64_t>(pixel) / depth.width - static_cast<std::int64_t>(group.box.top);
      strokes.ink.values[strokes.ink.index(x, y)] = std::clamp(depth.values[pixel] / full, 0.0f, 1.0f);
    }
  strokes.pen = pen_width(strokes.ink);
  strokes.at_border = std::ranges::any_of(
      group.pieces, [](const Piece* piece) { return piece->contact_share() >= kAtBorder; });
  return strokes;
}

/// Returns some columns of a digit, cropped to the ink in them; an empty image if there is none.
Strokes columns_of(const Strokes& digit, std::int64_t first, std::int64_t end) {
  Area box{1e9, 1e9, 0, 0};
  for (std::int64_t y = 0; y < digit.ink.height; ++y)
    for (std::int64_t x = first; x < end; ++x)
      if (digit.ink.at(x, y) > 0) {
        const auto left = static_cast<double>(x);
        const auto top = static_cast<double>(y);
        box = around(box, {left, top, left + 1, top + 1});
      }
  if (box.right <= box.left) return {};
  const auto width = static_cast<std::int64_t>(box.width());
  const auto height = static_cast<std::int64_t>(box.height());
  Strokes part{.ink = {width, height, {}},
               .place = {digit.place.left + box.left, digit.place.top + box.top, digit.place.left + box.right,
                         digit.place.top + box.bottom}};
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      part.ink.values.push_back(
          digit.ink.at(x + static_cast<std::int64_t>(box.left), y + static_cast<std::int64_t>(box.top)));
  part.pen = pen_width(part.ink);
  part.doubt = "it was cut from its neighbour";
  return part;
}

/// Cuts two digits that touch in one stroke apart: in the column of the middle third with the least ink, if
/// that is not much more than one stroke and both parts are as tall as digits.
std::vector<Strokes> cut_apart(const Strokes& digit) {
  if (digit.place.width() < kTouchingWidth * digit.place.height()) return {digit};
  std::int64_t best = 0;
  double least = std::numeric_limits<double>::max();
  for (std::int64_t x = digit.ink.width * 3 / 10; x < digit.ink.width * 7 / 10; ++x) {
    double ink = 0;
    for (std::int64_t y = 0; y < digit.ink.height; ++y) ink += static_cast<double>(digit.ink.at(x, y));
    if (ink >= least) continue;
    least = ink;
    best = x;
  }
  if (least > 1.6 * digit.pen) return {digit};
  const Strokes left = columns_of(digit, 0, best);
  const Strokes right = columns_of(digit, best, digit.ink.width);
  const double height = kCutHeight * digit.place.height();
  if (left.place.height() < height || right.place.height() < height) return {digit};
  return {left, right};
}

double share_of_ink(const GreyImage& ink) {
  double sum = 0;
  for (const float value : ink.values) sum += static_cast<double>(value);
  return sum / static_cast<double>(ink.values.size());
}

/// Doubts about the whole page.
std::string doubt_about(const InkDepth& ink, const Sheet& sheet, const Polarity& polarity) {
  std::int64_t strong = 0;
  std::int64_t all = 0;
  for (std::size_t i = 0; i < ink.depth.values.size(); ++i) {
    all += sheet.holds(i);
    strong += static_cast<double>(ink.depth.values[i]) >= ink.threshold;
  }
  if (static_cast<double>(strong) > kFullPage * static_cast<double>(all)) return "the ink fills the picture";
  return polarity.share < kClearGround ? "there is no clear ground" : "";
}

std::vector<Strokes> digits_of(const std::vector<Piece>& pieces, const InkDepth& ink) {
  double tallest = 0;
  for (const Piece& piece : pieces) tallest = std::max(tallest, piece.box.height());
  std::vector<Group> groups = tall_groups(pieces, tallest);
  add_small_pieces(groups, pieces, tallest);
  const float full = full_ink(ink);
  std::vector<Strokes> digits;
  for (const Group& group : groups)
    for (Strokes& digit : cut_apart(strokes_of(group, ink.depth, full))) {
      if (share_of_ink(digit.ink) > kFullBox && digit.place.width() > 0.4 * digit.place.height())
        digit.doubt = "it is a filled area";
      digits.push_back(std::move(digit));
    }
  sort_by_place(digits);
  return digits;
}

/// Returns whether writing runs over the edge of what seemed to be a sheet: then it is the edge of a shadow.
bool is_written_over(const InkDepth& ink, const GreyImage& depth, const Sheet& sheet) {
  InkDepth all = ink;
  all.depth = depth;
  double largest = 0;
  double over = 0;
  for (const Piece& piece : find_pieces(all, {})) {
    const auto inside = static_cast<double>(
        std::ranges::count_if(piece.pixels, [&](std::size_t pixel) { return sheet.holds(pixel); }));
    const double share = inside / static_cast<double>(piece.pixels.size());
    if (share > 0.85) largest = std::max(largest, inside);
    if (share > 0.15 && share <= 0.85 && !piece.at_border()) over = std::max(over, inside);
  }
  return over > largest / 2;
}

/// Digits of dark or light ink.
struct Found {
  std::vector<Strokes> digits;
  bool ruled = false;
};

Found find_ink(const GreyImage& picture, const Sheet& sheet, const Polarity& polarity, std::int64_t reach) {
  const GreyImage depth = depth_of_ink(picture, polarity.dark, reach);
  InkDepth ink = measured(depth, sheet);
  if (!sheet.is_whole() && is_written_over(ink, depth, sheet)) return {};
  const bool ruled = remove_rules(ink.depth, sheet, ink.threshold) > 0;
  if (ruled) ink = measured(std::move(ink.depth), sheet);
  const std::vector<Piece> pieces = find_written_pieces(ink, sheet);
  if (pieces.empty()) return {};
  const std::string doubt = doubt_about(ink, sheet, polarity);
  std::vector<Strokes> digits = digits_of(pieces, ink);
  if (!doubt.empty())
    for (Strokes& digit : digits) digit.doubt = doubt;
  return {std::move(digits), ruled};
}

/// Searches for strokes of any width, and again for those no wider than what was found, so that fewer shadows
/// and edges are taken for strokes.
Found find_ink(const GreyImage& picture, const Sheet& sheet, const Polarity& polarity) {
  std::int64_t reach = widest_reach(picture);
  Found found = find_ink(picture, sheet, polarity, reach);
  for (int round = 0; round < 3 && !found.digits.empty(); ++round) {
    const double pen = std::ranges::min(found.digits, {}, &Strokes::pen).pen;
    const auto narrower = static_cast<std::int64_t>(std::ceil(std::max(kLeastReach, kReachOfPen * pen)));
    if (static_cast<double>(narrower) > 0.7 * static_cast<double>(reach)) break;
    reach = narrower;
    Found next = find_ink(picture, sheet, polarity, reach);
    if (next.digits.empty()) break;
    found = std::move(next);
  }
  return found;
}

/// Returns the height of the tallest digit that is drawn with strokes and in the midst of the ground.
double tallest_stroke(const std::vector<Strokes>& digits) {
  double tallest = 0;
  for (const Strokes& digit : digits) {
    const double side = std::max(digit.place.width(), digit.place.height());
    if (!digit.at_border && digit.pen <= kWidestPen * side) tallest = std::max(tallest, digit.place.height());
  }
  return tallest;
}

/// Where the ground is not clear, as in the edge of a shadow, looks for dark and for light ink. What is
/// between strokes of the one seems to be ink of the other, but is less tall than they are; on squared paper,
/// the squares seem to be many digits.
std::vector<Strokes> find_digits_on(const GreyImage& picture, const Sheet& sheet) {
  const Polarity likely = polarity_of(picture, sheet);
  Found found = find_ink(picture, sheet, likely);
  if (likely.share >= kCertainGround || (found.ruled && found.digits.size() < kSquares)) return found.digits;
  Found other = find_ink(picture, sheet, {!likely.dark, likely.share});
  const bool better = found.ruled
                          ? other.ruled && kSquares * other.digits.size() <= found.digits.size()
                          : other.ruled || tallest_stroke(other.digits) > tallest_stroke(found.digits);
  return better ? other.digits : found.digits;
}

}  // namespace

std::vector<Strokes> find_digits(const GreyImage& picture) {
  if (const Sheet sheet = find_sheet(picture); !sheet.is_whole())
    if (std::vector<Strokes> digits = find_digits_on(picture, sheet); !digits.empty()) return digits;
  return find_digits_on(picture, {});
}

Strokes joined(const std::vector<Strokes>& digits) {
  Strokes all = digits.front();
  for (const Strokes& digit : digits) all.place = around(all.place, digit.place);
  all.ink = {static_cast<std::int64_t>(all.place.width()), static_cast<std::int64_t>(all.place.height()), {}};
  all.ink.values.resize(static_cast<std::size_t>(all.ink.width * all.ink.height));
  for (const Strokes& digit : digits) {
    const auto left = static_cast<std::int64_t>(digit.place.left - all.place.left);
    const auto top = static_cast<std::int64_t>(digit.place.top - all.place.top);
    for (std::int64_t y = 0; y < digit.ink.height; ++y)
      for (std::int64_t x = 0; x < digit.ink.width; ++x) {
        float& value = all.ink.values[all.ink.index(left + x, top + y)];
        value = std::max(value, digit.ink.at(x, y));
      }
  }
  all.pen = pen_width(all.ink);
  return all;
}

std::int64_t thickened_room(double margin) { return static_cast<std::int64_t>(std::ceil(margin)) + 1; }

GreyImage thickened(const GreyImage& ink, double margin) {
  const std::int64_t room = thickened_room(margin);
  GreyImage wide{ink.width + 2 * room, ink.height + 2 * room, {}};
  wide.values.resize(static_cast<std::size_t>(wide.width * wide.height));
  for (std::int64_t y = 0; y < ink.height; ++y)
    for (std::int64_t x = 0; x < ink.width; ++x) wide.values[wide.index(x + room, y + room)] = ink.at(x, y);
  const GreyImage away = distances(wide);
  for (std::size_t i = 0; i < wide.values.size(); ++i) {
    // The 0.5 is the distance from the middle of a pixel of ink to its edge.
    const auto covered = std::clamp(static_cast<float>(margin) + 0.5f - away.values[i], 0.0f, 1.0f);
    wide.values[i] = std::max(wide.values[i], covered);
  }
  return wide;
}

}  // namespace lenet::pictures
