#include "tests/data/pictures/made_pictures.hpp"

#include <algorithm>
#include <numeric>

#include "data/mnist.hpp"
#include "data/pictures/digit_picture.hpp"
#include "data/synthetic_digits.hpp"
#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pages.hpp"

using namespace lenet;
using namespace lenet::pictures;

namespace {

constexpr std::int64_t kChoices = 60;

/// The first digits of MNIST's test set, or synthetic ones on a machine without MNIST.
data::Samples some_digits() {
  try {
    data::Samples test = data::load_mnist_test(std::nullopt).test;
    test.pixels.resize(static_cast<std::size_t>(kChoices * data::kImagePixels));
    test.labels.resize(static_cast<std::size_t>(kChoices));
    return test;
  } catch (const DataError&) {
    return data::synthetic_digits(kChoices, 4);
  }
}

/// Digits as they come from plain pictures, with which those from other pictures are compared.
std::vector<std::vector<std::uint8_t>> plain_digits(const DatasetView& data) {
  std::vector<std::vector<std::uint8_t>> plain;
  for (std::int64_t i = 0; i < data.count(); ++i) {
    const auto pixels = data.subset(i, 1).pixels;
    plain.push_back(
        digit_from_picture(draw_page({.width = 360, .height = 360, .left = 40, .top = 40}, pixels)));
  }
  return plain;
}

/// Returns the index of the plain digit that a digit is most like.
std::int64_t nearest(const std::vector<std::uint8_t>& digit,
                     const std::vector<std::vector<std::uint8_t>>& plain) {
  const auto found =
      std::ranges::min_element(plain, {}, [&](const auto& other) { return distance(digit, other); });
  return found - plain.begin();
}

std::vector<std::uint8_t> labels_in(const Picture& picture, const data::Samples& digits,
                                    const std::vector<std::vector<std::uint8_t>>& plain) {
  std::vector<std::uint8_t> labels;
  try {
    for (const PictureDigit& digit : digits_from_picture(picture))
      labels.push_back(digits.labels[static_cast<std::size_t>(nearest(digit.pixels, plain))]);
  } catch (const DataError&) {
  }
  return labels;
}

}  // namespace

TEST_CASE("nine in ten pictures of each kind give the digits that were put into them",
          "[digit_picture][long]") {
  const data::Samples digits = some_digits();
  const auto plain = plain_digits(digits.view());
  constexpr std::uint64_t kPictures = 10;
  for (const NamedPictureKind& kind : kPictureKinds) {
    std::uint64_t right = 0;
    for (std::uint64_t number = 0; number < kPictures; ++number) {
      const MadePicture made = make_picture(kind.kind, digits.view(), 2, number);
      std::vector<std::uint8_t> labels;
      for (const std::int64_t sample : made.samples)
        labels.push_back(digits.labels[static_cast<std::size_t>(sample)]);
      right += labels_in(made.picture, digits, plain) == labels;
    }
    INFO(kind.name << ": " << right << " of " << kPictures);
    CHECK(10 * right >= 9 * kPictures);
  }
}
