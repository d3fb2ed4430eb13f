#pragma once

#include <cstdint>
#include <immintrin.h>

#include "engine/cpu/simd/instruction_set.hpp"

/// Vectors of floats, as wide as the instruction set's registers. GCC compiles `a * b + c` to one fused
/// instruction where there is one.
namespace lenet::cpu::LENET_SIMD {

inline constexpr std::int64_t kLanes = LENET_SIMD_LANES;

using Vector = float __attribute__((vector_size(kLanes * 4)));
/// The result of a comparison: all bits set in the lanes where it holds.
using IntVector = std::int32_t __attribute__((vector_size(kLanes * 4)));

/// Loads a vector of any type from an address of any alignment.
template <class V, class T>
LENET_SIMD_INLINE V load_as(const T* from) {
  V value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <class V, class T>
LENET_SIMD_INLINE void store_as(T* to, V value) {
  __builtin_memcpy(to, &value, sizeof value);
}

LENET_SIMD_INLINE Vector load(const float* from) { return load_as<Vector>(from); }
LENET_SIMD_INLINE void store(float* to, Vector value) { store_as(to, value); }

/// Conversions of integers. Intrinsics, because compilers convert vectors of them number by number; with
/// masks, because GCC 12 warns of an uninitialized variable in those without.
#if LENET_SIMD_LANES == 16
inline constexpr __mmask16 kAllLanes = 0xffff;
#endif
LENET_SIMD_INLINE IntVector widen_bytes(const std::uint8_t* from) {
#if LENET_SIMD_LANES == 16
  return reinterpret_cast<IntVector>(_mm512_maskz_cvtepu8_epi32(kAllLanes, load_as<__m128i>(from)));
#elif LENET_SIMD_LANES == 8
  return reinterpret_cast<IntVector>(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(load_as<std::int64_t>(from))));
#else
  return reinterpret_cast<IntVector>(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(load_as<std::int32_t>(from))));
#endif
}

LENET_SIMD_INLINE IntVector widen_shorts(const std::uint16_t* from) {
#if LENET_SIMD_LANES == 16
  return reinterpret_cast<IntVector>(_mm512_maskz_cvtepu16_epi32(kAllLanes, load_as<__m256i>(from)));
#elif LENET_SIMD_LANES == 8
  return reinterpret_cast<IntVector>(_mm256_cvtepu16_epi32(load_as<__m128i>(from)));
#else
  return reinterpret_cast<IntVector>(_mm_cvtepu16_epi32(_mm_cvtsi64_si128(load_as<std::int64_t>(from))));
#endif
}

/// Stores the lower halves of numbers below 2^16.
LENET_SIMD_INLINE void store_shorts(std::uint16_t* to, IntVector value) {
#if LENET_SIMD_LANES == 16
  store_as(to, _mm512_maskz_cvtepi32_epi16(kAllLanes, reinterpret_cast<__m512i>(value)));
#elif LENET_SIMD_LANES == 8
  const __m256i wide = reinterpret_cast<__m256i>(value);
  store_as(to, _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1)));
#else
  const __m128i wide = reinterpret_cast<__m128i>(value);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi32(wide, wide));
#endif
}

/// max(value, 0) in each lane, but NaN stays NaN; see kernels::relu().
LENET_SIMD_INLINE Vector relu(Vector value) { return value < 0.0f ? Vector{} : value; }

using Quad = float __attribute__((vector_size(16)));

LENET_SIMD_INLINE Quad fold(Quad value) { return value; }
#if LENET_SIMD_LANES >= 8
using Octet = float __attribute__((vector_size(32)));
LENET_SIMD_INLINE Quad fold(Octet value) {
  return __builtin_shufflevector(value, value, 0, 1, 2, 3) +
         __builtin_shufflevector(value, value, 4, 5, 6, 7);
}
#endif
#if LENET_SIMD_LANES >= 16
LENET_SIMD_INLINE Quad fold(Vector value) {
  return fold(__builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7) +
              __builtin_shufflevector(value, value, 8, 9, 10, 11, 12, 13, 14, 15));
}
#endif

/// Returns the sums over the lanes of four vectors.
LENET_SIMD_INLINE Quad sums_of_lanes(Vector a, Vector b, Vector c, Vector d) {
  const Quad first = fold(a), second = fold(b), third = fold(c), fourth = fold(d);
  const Quad ab =
      __builtin_shufflevector(first, second, 0, 2, 4, 6) + __builtin_shufflevector(first, second, 1, 3, 5, 7);
  const Quad cd =
      __builtin_shufflevector(third, fourth, 0, 2, 4, 6) + __builtin_shufflevector(third, fourth, 1, 3, 5, 7);
  return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

}  // namespace lenet::cpu::LENET_SIMD
