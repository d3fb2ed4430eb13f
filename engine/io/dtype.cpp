#include "engine/io/dtype.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/core/text.hpp"

namespace lenet::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the elements are little-endian");

struct Description {
  std::string_view name;
  std::size_t bytes;
};

/// In the order of Dtype.
constexpr std::array<Description, 4> kDtypes = {{{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}}};

const Description& description_of(Dtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)]; }

/// Converts a binary16 number of IEEE 754.
float from_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits >> 15) << 31;
  const std::uint32_t exponent = bits >> 10 & 0x1Fu;
  const std::uint32_t fraction = bits & 0x3FFu;
  if (exponent == 0) {  // zero or subnormal: fraction · 2⁻²⁴
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign ? -magnitude : magnitude;
  }
  const std::uint32_t wider = exponent == 0x1F ? 0xFF : exponent + 127 - 15;
  return std::bit_cast<float>(sign | wider << 23 | fraction << 13);
}

/// A bfloat16 is the upper half of a float.
float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

template <class Element, class Convert>
void convert_each(std::span<const std::byte> bytes, std::span<float> values, const Convert& convert) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, &bytes[i * sizeof element], sizeof element);
    values[i] = convert(element);
  }
}

}  // namespace

std::string_view name_of(Dtype dtype) { return description_of(dtype).name; }

std::optional<Dtype> parse_dtype(std::string_view name) {
  const auto found = std::ranges::find(kDtypes, name, &Description::name);
  if (found == kDtypes.end()) return std::nullopt;
  return static_cast<Dtype>(found - kDtypes.begin());
}

std::string dtype_names() {
  std::array<std::string_view, kDtypes.size()> names;
  std::ranges::transform(kDtypes, names.begin(), &Description::name);
  return list_of(names);
}

std::size_t byte_size(Dtype dtype) { return description_of(dtype).bytes; }

void convert_to_float(Dtype dtype, std::span<const std::byte> bytes, std::span<float> values) {
  switch (dtype) {
    case Dtype::f32:
      return convert_each<float>(bytes, values, [](float value) { return value; });
    case Dtype::f16:
      return convert_each<std::uint16_t>(bytes, values, from_half);
    case Dtype::bf16:
      return convert_each<std::uint16_t>(bytes, values, from_bfloat);
    case Dtype::f64:
      return convert_each<double>(bytes, values, [](double value) { return static_cast<float>(value); });
  }
}

}  // namespace lenet::io
