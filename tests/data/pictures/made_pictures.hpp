#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "data/pictures/picture.hpp"
#include "engine/core/dataset_view.hpp"

namespace lenet {

/// Kinds of users' pictures, by what they show apart from the digit.
enum class PictureKind {
  pasted,      ///< a test digit enlarged pixel by pixel on a plain page
  photo,       ///< paper under uneven light, with noise
  frame,       ///< a line around the digit, or a dark edge on all four sides of the picture
  dark_table,  ///< a white sheet, askew on a dark table
  holes,       ///< punched paper
  shadow,      ///< the hard edge of a shadow, most often across the digit
  grid,        ///< squared paper with bold lines
  ruled,       ///< ruled lines, at least one of which crosses the pen
  two_digits,  ///< two digits side by side
};

struct NamedPictureKind {
  PictureKind kind;
  std::string_view name;
};
inline constexpr std::array kPictureKinds = {
    NamedPictureKind{PictureKind::pasted, "pasted"},
    NamedPictureKind{PictureKind::photo, "photo"},
    NamedPictureKind{PictureKind::frame, "frame on four sides"},
    NamedPictureKind{PictureKind::dark_table, "sheet on a dark table"},
    NamedPictureKind{PictureKind::holes, "punched holes"},
    NamedPictureKind{PictureKind::shadow, "hard shadow"},
    NamedPictureKind{PictureKind::grid, "bold grid"},
    NamedPictureKind{PictureKind::ruled, "ruled lines"},
    NamedPictureKind{PictureKind::two_digits, "two digits"},
};

struct MadePicture {
  pictures::Picture picture;
  std::vector<std::int64_t> samples;  ///< the digits in it, as indices into the data, from left to right
};

/// Draws a picture of digits from `data`, which must have 28×28 pixels each. The same numbers give the same
/// picture.
MadePicture make_picture(PictureKind kind, const DatasetView& data, std::uint64_t seed, std::uint64_t number);

}  // namespace lenet
