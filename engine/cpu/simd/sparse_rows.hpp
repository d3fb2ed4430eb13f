#pragma once

#include <cstdint>

#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/vector.hpp"
#include "kernels/normalize.hpp"

/// Collects the nonzero elements of vectors.
namespace lenet::cpu::LENET_SIMD {

/// The lanes of a vector as bits.
using LaneMask = std::uint32_t;

#if LENET_SIMD_LANES == 16
/// GCC 12 stores the 16 bits of a mask for which it has no register, and reads 32: seen under the thread
/// sanitizer. The statement keeps the bits in a general register, all of which a mask register's move fills.
LENET_SIMD_INLINE LaneMask widened(__mmask16 mask) {
  LaneMask bits = mask;
  asm("" : "+r"(bits));
  return bits;
}
LENET_SIMD_INLINE LaneMask nonzero_lanes(Vector value) {
  return widened(_mm512_cmp_ps_mask(reinterpret_cast<__m512>(value), _mm512_setzero_ps(), _CMP_NEQ_UQ));
}
LENET_SIMD_INLINE LaneMask equal_lanes(IntVector value, std::int32_t to) {
  return widened(_mm512_cmpeq_epi32_mask(reinterpret_cast<__m512i>(value), _mm512_set1_epi32(to)));
}
/// Writes the lanes of the mask without gaps; the rest of the vector is written, too.
LENET_SIMD_INLINE void compress(std::int32_t* offsets, float* values, IntVector offset, Vector value,
                                LaneMask mask) {
  const auto lanes = static_cast<__mmask16>(mask);
  _mm512_storeu_si512(offsets, _mm512_maskz_compress_epi32(lanes, reinterpret_cast<__m512i>(offset)));
  _mm512_storeu_ps(values, _mm512_maskz_compress_ps(lanes, reinterpret_cast<__m512>(value)));
}
#elif LENET_SIMD_LANES == 8
LENET_SIMD_INLINE LaneMask nonzero_lanes(Vector value) {
  return static_cast<LaneMask>(_mm256_movemask_ps(reinterpret_cast<__m256>((value != 0.0f))));
}
LENET_SIMD_INLINE LaneMask equal_lanes(IntVector value, std::int32_t to) {
  return static_cast<LaneMask>(_mm256_movemask_ps(reinterpret_cast<__m256>(value == to)));
}
/// For each mask the lanes that are set, in order.
struct LanesOfMasks {
  std::uint8_t lanes[256][8] = {};
  constexpr LanesOfMasks() {
    for (int mask = 0; mask < 256; ++mask)
      for (std::uint8_t lane = 0, next = 0; lane < 8; ++lane)
        if (mask >> lane & 1) lanes[mask][next++] = lane;
  }
};
inline constexpr LanesOfMasks kLanesOfMasks;
LENET_SIMD_INLINE void compress(std::int32_t* offsets, float* values, IntVector offset, Vector value,
                                LaneMask mask) {
  const __m256i lanes =
      _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(load_as<std::int64_t>(kLanesOfMasks.lanes[mask])));
  store_as(offsets, _mm256_permutevar8x32_epi32(reinterpret_cast<__m256i>(offset), lanes));
  store_as(values, _mm256_permutevar8x32_ps(reinterpret_cast<__m256>(value), lanes));
}
#else
LENET_SIMD_INLINE LaneMask nonzero_lanes(Vector value) {
  return static_cast<LaneMask>(_mm_movemask_ps(reinterpret_cast<__m128>((value != 0.0f))));
}
LENET_SIMD_INLINE LaneMask equal_lanes(IntVector value, std::int32_t to) {
  return static_cast<LaneMask>(_mm_movemask_ps(reinterpret_cast<__m128>(value == to)));
}
LENET_SIMD_INLINE void compress(std::int32_t* offsets, float* values, IntVector offset, Vector value,
                                LaneMask mask) {
  for (; mask; mask &= mask - 1) {
    const int lane = __builtin_ctz(mask);
    *offsets++ = offset[lane];
    *values++ = value[lane];
  }
}
#endif

/// The offsets of a vector's lanes: 0, step, 2 step, …
LENET_SIMD_INLINE IntVector lane_offsets(std::int32_t step) {
  IntVector lanes;
#pragma GCC unroll 16
  for (std::int32_t lane = 0; lane < kLanes; ++lane) lanes[lane] = lane;
  return lanes * step;
}

/// Appends the lanes of the mask to a row that holds `count` elements; returns their new number.
LENET_SIMD_INLINE std::int32_t append(const SparseRows& row, std::int32_t count, IntVector offset,
                                      Vector value, LaneMask mask) {
  compress(row.offsets + count, row.values + count, offset, value, mask);
  return count + __builtin_popcount(mask);
}

inline void append_nonzero(const SparseRows& row, const float* values, std::int64_t count,
                           std::int32_t step) {
  IntVector offset = lane_offsets(step);
  std::int32_t length = *row.counts;
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes, offset += static_cast<std::int32_t>(kLanes) * step) {
    const Vector value = load(values + i);
    length = append(row, length, offset, value, nonzero_lanes(value));
  }
  *row.counts = length;
  for (; i < count; ++i) row.append(values[i], i * step);
}

/// Converts pixels as kernels::normalize() does.
LENET_SIMD_INLINE Vector normalize(const std::uint8_t* pixels) {
  const Vector pixel = __builtin_convertvector(widen_bytes(pixels), Vector);
#if LENET_SIMD_LANES == 4
  return pixel / 255.0f;
#else
  // The quotient is rounded correctly, without a division (Markstein 1990, needs fused multiply-adds).
  constexpr float kInverse = 1.0f / 255.0f;
  const Vector quotient = pixel * kInverse;
  return quotient + (pixel - quotient * 255.0f) * kInverse;
#endif
}

LENET_SIMD_INLINE bool all_black(const std::uint8_t* pixels) {
  using Words = std::uint32_t __attribute__((vector_size(kLanes)));
  const auto words = load_as<Words>(pixels);
  std::uint32_t any = 0;
#pragma GCC unroll 4
  for (int i = 0; i < kLanes / 4; ++i) any |= words[i];
  return any == 0;
}

inline void list_pixels(const SparseRows& row, const std::uint8_t* pixels, std::int64_t count,
                        std::int32_t step, std::int64_t group, std::int32_t* bounds) {
  IntVector offset = lane_offsets(step);
  std::int32_t length = 0;
  *bounds = 0;
  std::int64_t pixel = 0;
  while (pixel + kLanes <= count) {
    const std::int64_t end = pixel + group < count ? pixel + group : count / kLanes * kLanes;
    for (; pixel < end; pixel += kLanes, offset += static_cast<std::int32_t>(kLanes) * step) {
      if (all_black(pixels + pixel)) continue;
      const Vector value = normalize(pixels + pixel);
      length = append(row, length, offset, value, nonzero_lanes(value));
    }
    if (pixel % group == 0) *++bounds = length;
  }
  *row.counts = length;
  for (; pixel < count; ++pixel) row.append(kernels::normalize(pixels[pixel]), pixel * step);
  if (count % group != 0) *++bounds = *row.counts;
}

}  // namespace lenet::cpu::LENET_SIMD
