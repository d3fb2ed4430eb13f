#pragma once

#include <vector>

#include "data/pictures/paper.hpp"

namespace lenet::pictures {

/// Connected piece of ink.
struct Piece {
  std::vector<std::size_t> pixels;
  std::int64_t strong = 0;  ///< pixels above the ink threshold
  Area box;
  double outline = 0;  ///< pixel sides between strong pixels and others
  double contact = 0;  ///< those on the border of the picture or of the sheet

  bool at_border() const { return contact > 0; }
  /// Share of the outline's length that is on the border.
  double contact_share() const;
};

/// Largest number of pieces that are looked at: many more than a page of writing has.
inline constexpr std::size_t kMostPieces = 3000;

/// Finds the connected pieces of ink, of too many those with most of it. Faint pixels belong to a piece if
/// they are near its strong ones.
std::vector<Piece> find_pieces(const InkDepth& ink, const Sheet& sheet);

/// Finds the pieces that may be parts of digits: removes what grows in from the border (the surroundings of a
/// sheet, shadows), filled discs (punched holes), frames around other pieces, and specks. Removes them from
/// the depth as well and measures it again, because they distort what is taken for ink.
std::vector<Piece> find_written_pieces(InkDepth& ink, const Sheet& sheet);

/// Estimates the width of the pen in pixels: twice the area of the ink divided by the length of its outline.
/// Pixels of 0.5 or more are ink.
double pen_width(const GreyImage& ink);

}  // namespace lenet::pictures
