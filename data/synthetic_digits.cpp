#include "data/synthetic_digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "engine/core/random.hpp"

namespace lenet::data {
namespace {

struct Point {
  float x, y;
};
using Stroke = std::vector<Point>;
using Drawing = std::vector<Stroke>;

// Digits are designed in a box of width 1 and height 1.4 around the origin; y grows downwards.
void append_arc(Stroke& stroke, Point centre, float width, float height, float from, float to) {
  constexpr int kSegments = 14;
  for (int i = 0; i <= kSegments; ++i) {
    const float turn =
        (from + (to - from) * static_cast<float>(i) / kSegments) * 2 * std::numbers::pi_v<float>;
    stroke.push_back({centre.x + width * std::cos(turn), centre.y + height * std::sin(turn)});
  }
}

Stroke arc(Point centre, float width, float height, float from, float to) {
  Stroke stroke;
  append_arc(stroke, centre, width, height, from, to);
  return stroke;
}

/// Returns the strokes of a digit; most digits have two variants, 1 has three. Turns are 0 for right, 0.25
/// for down, 0.5 for left, 0.75 for up.
Drawing design(std::uint32_t digit, std::uint32_t variant) {
  switch (digit) {
    case 0:
      return {arc({0, 0}, variant == 0 ? 0.42f : 0.33f, 0.68f, 0.75f, 1.75f)};
    case 1:
      if (variant == 0) return {{{0, -0.7f}, {0, 0.7f}}};
      if (variant == 1) return {{{-0.25f, -0.4f}, {0.05f, -0.7f}, {0.05f, 0.7f}}};
      return {{{-0.25f, -0.4f}, {0, -0.7f}, {0, 0.7f}}, {{-0.3f, 0.7f}, {0.3f, 0.7f}}};
    case 2: {
      Stroke stroke = arc({0, -0.3f}, 0.4f, 0.4f, 0.52f, 1.08f);
      stroke.push_back({-0.4f, 0.68f});
      if (variant == 1) append_arc(stroke, {-0.25f, 0.55f}, 0.15f, 0.12f, 0.4f, 1.2f);
      stroke.push_back({0.45f, 0.68f});
      return {stroke};
    }
    case 3: {
      if (variant == 1) {
        Stroke flat = {{-0.35f, -0.68f}, {0.35f, -0.68f}, {-0.02f, -0.15f}};
        append_arc(flat, {-0.02f, 0.25f}, 0.4f, 0.42f, 0.75f, 1.4f);
        return {flat};
      }
      Stroke stroke = arc({-0.03f, -0.36f}, 0.36f, 0.33f, 0.58f, 1.25f);
      append_arc(stroke, {-0.03f, 0.32f}, 0.42f, 0.37f, 0.75f, 1.42f);
      return {stroke};
    }
    case 4:
      if (variant == 0)
        return {{{-0.35f, -0.65f}, {-0.42f, 0.1f}, {0.42f, 0.1f}}, {{0.22f, -0.6f}, {0.18f, 0.7f}}};
      return {{{0.2f, 0.7f}, {0.2f, -0.68f}, {-0.45f, 0.25f}, {0.45f, 0.25f}}};
    case 5: {
      Stroke stroke = {{-0.28f, -0.68f}, {-0.34f, -0.08f}};
      append_arc(stroke, {-0.02f, 0.25f}, 0.4f, 0.42f, 0.62f, 1.42f);
      return {{{-0.28f, -0.68f}, {0.4f, -0.68f}}, stroke};
    }
    case 6: {
      Stroke stroke = {{0.28f, -0.7f}, {-0.12f, -0.35f}};
      append_arc(stroke, {0, 0.28f}, 0.38f, 0.4f, 0.55f, -0.45f);
      return {stroke};
    }
    case 7:
      if (variant == 0) return {{{-0.42f, -0.66f}, {0.42f, -0.66f}, {-0.1f, 0.7f}}};
      return {{{-0.42f, -0.66f}, {0.42f, -0.66f}, {0, 0.7f}}, {{-0.25f, 0.02f}, {0.36f, 0.02f}}};
    case 8: {
      Stroke stroke = arc({0, -0.34f}, 0.32f, 0.33f, 0.25f, -0.75f);
      append_arc(stroke, {0, 0.35f}, 0.4f, 0.35f, 0.75f, 1.75f);
      return {stroke};
    }
    default: {
      Stroke stroke = arc({0, -0.3f}, 0.36f, 0.37f, 0.0f, -1.0f);
      if (variant == 0)
        stroke.push_back({0.3f, 0.7f});
      else
        append_arc(stroke, {-0.04f, 0.3f}, 0.4f, 0.4f, 1.0f, 1.4f);
      return {stroke};
    }
  }
}

/// Random map from the design to the paper: rotation, slant, scale, shift, and a wave that bends the strokes.
class Hand {
 public:
  explicit Hand(RandomSequence& random) {
    const float angle = random.uniform(-0.3f, 0.3f);
    const float slant = random.uniform(-0.35f, 0.35f);
    const float width = random.uniform(8.0f, 14.0f);
    const float height = random.uniform(10.0f, 14.5f);
    along_x_ = {width * std::cos(angle), width * std::sin(angle)};
    along_y_ = {height * (slant * std::cos(angle) - std::sin(angle)),
                height * (slant * std::sin(angle) + std::cos(angle))};
    origin_ = {13.5f + random.uniform(-2.5f, 2.5f), 13.5f + random.uniform(-2.5f, 2.5f)};
    bend_ = random.uniform(-0.09f, 0.09f);
    phase_ = random.uniform(0.0f, 2 * std::numbers::pi_v<float>);
  }

  Point place(Point point) const {
    const float x = point.x + bend_ * std::sin(4.0f * point.y + phase_);
    const float y = point.y + bend_ * std::cos(4.0f * point.x + phase_);
    return {origin_.x + along_x_.x * x + along_y_.x * y, origin_.y + along_x_.y * x + along_y_.y * y};
  }

 private:
  Point along_x_{}, along_y_{}, origin_{};
  float bend_ = 0, phase_ = 0;
};

float distance_squared(Point p, Point a, Point b) {
  const Point ab{b.x - a.x, b.y - a.y};
  const float length = ab.x * ab.x + ab.y * ab.y;
  const float t =
      length > 0 ? std::clamp(((p.x - a.x) * ab.x + (p.y - a.y) * ab.y) / length, 0.0f, 1.0f) : 0.0f;
  const Point d{p.x - a.x - t * ab.x, p.y - a.y - t * ab.y};
  return d.x * d.x + d.y * d.y;
}

using Ink = std::array<float, kImagePixels>;

/// Draws with a pen of `radius` whose edge fades over `softness` pixels.
void draw_segment(Ink& ink, Point a, Point b, float radius, float softness) {
  const float reach = radius + softness;
  const auto first = [&](float low) { return std::max(0, static_cast<int>(std::floor(low - reach))); };
  const auto last = [&](float high) { return std::min(27, static_cast<int>(std::ceil(high + reach))); };
  for (int y = first(std::min(a.y, b.y)); y <= last(std::max(a.y, b.y)); ++y)
    for (int x = first(std::min(a.x, b.x)); x <= last(std::max(a.x, b.x)); ++x) {
      const float away = std::sqrt(distance_squared({static_cast<float>(x), static_cast<float>(y)}, a, b));
      float& pixel = ink[static_cast<std::size_t>(y * kImageColumns + x)];
      pixel = std::max(pixel, std::clamp((reach - away) / (2 * softness), 0.0f, 1.0f));
    }
}

void draw_digit(std::uint32_t digit, RandomSequence random, std::uint8_t* pixels) {
  const Drawing drawing = design(digit, random.below(digit == 1 ? 3 : 2));
  const Hand hand(random);
  const float radius = random.uniform(0.6f, 1.7f);
  const float softness = random.uniform(0.5f, 1.1f);
  const float brightness = random.uniform(0.65f, 1.0f);
  Ink ink{};
  for (const Stroke& stroke : drawing)
    for (std::size_t i = 1; i < stroke.size(); ++i)
      draw_segment(ink, hand.place(stroke[i - 1]), hand.place(stroke[i]), radius, softness);
  // Every third image, on average, has a line that is no part of the digit.
  if (random.below(3) == 0) {
    const Point from{random.uniform(0, 27), random.uniform(0, 27)};
    draw_segment(ink, from, {from.x + random.uniform(-7, 7), from.y + random.uniform(-7, 7)}, 0.4f, 0.5f);
  }
  for (std::size_t i = 0; i < ink.size(); ++i) {
    // Paper stays black, as MNIST's does; ink is grainy.
    const float grain = ink[i] > 0 ? random.uniform(-0.2f, 0.2f) * ink[i] : 0.0f;
    pixels[i] = static_cast<std::uint8_t>(255.0f * std::clamp(ink[i] * brightness + grain, 0.0f, 1.0f));
  }
}

}  // namespace

Samples synthetic_digits(std::int64_t count, std::uint64_t seed, std::uint64_t first) {
  const auto size = static_cast<std::size_t>(count);
  Samples samples{.pixels = std::vector<std::uint8_t>(size * kImagePixels),
                  .labels = std::vector<std::uint8_t>(size)};
  for (std::size_t i = 0; i < size; ++i) {
    RandomSequence random(seed, RandomStream::synthetic_digits, first + i);
    samples.labels[i] = static_cast<std::uint8_t>(random.below(kClasses));
    draw_digit(samples.labels[i], random, &samples.pixels[i * kImagePixels]);
  }
  return samples;
}

Dataset synthetic_dataset(std::int64_t training, std::int64_t test, std::int64_t validation,
                          std::uint64_t seed) {
  return {.all_training = synthetic_digits(training, seed),
          .test = synthetic_digits(test, seed, static_cast<std::uint64_t>(training)),
          .validation_count = validation,
          .folder = "synthetic digits"};
}

}  // namespace lenet::data
