#pragma once

#include <cstdint>

#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/vector.hpp"

/// A tile: some registers that add up products of sparse and dense rows.
namespace lenet::cpu::LENET_SIMD {

/// Most vectors in a tile, so that it and a factor stay in registers.
inline constexpr int kMaxTile = LENET_SIMD_LANES == 16 ? 14 : 12;

/// A number as a type, for a body that is compiled for each of them.
template <int N>
struct Size {
  static constexpr int value = N;
};

template <int T>
LENET_SIMD_INLINE void clear(Vector (&tile)[T]) {
#pragma GCC unroll 16
  for (int i = 0; i < T; ++i) tile[i] = Vector{};
}

template <int T>
LENET_SIMD_INLINE void load_tile(Vector (&tile)[T], const float* from, std::int64_t step = kLanes) {
#pragma GCC unroll 16
  for (int i = 0; i < T; ++i) tile[i] = load(from + i * step);
}

template <int T>
LENET_SIMD_INLINE void store_tile(float* to, const Vector (&tile)[T], std::int64_t step = kLanes) {
#pragma GCC unroll 16
  for (int i = 0; i < T; ++i) store(to + i * step, tile[i]);
}

template <int T>
LENET_SIMD_INLINE void add_product(Vector (&tile)[T], float value, const float* row, std::int64_t step) {
#pragma GCC unroll 16
  for (int i = 0; i < T; ++i) tile[i] += value * load(row + i * step);
}

/// tile += Σ values[e] · (dense row at offsets[e]), whose vectors are `step` floats apart.
template <int T>
LENET_SIMD_INLINE void add_products(Vector (&tile)[T], const std::int32_t* offsets, const float* values,
                                    std::int64_t count, const float* dense, std::int64_t step = kLanes) {
  std::int64_t e = 0;
  if constexpr (T <= 2) {
    // So few sums would wait for each other: several tiles take turns.
    constexpr int kTiles = 4;
    Vector others[kTiles][T] = {};
    for (; e + kTiles <= count; e += kTiles) {
#pragma GCC unroll 4
      for (int t = 0; t < kTiles; ++t) add_product(others[t], values[e + t], dense + offsets[e + t], step);
    }
#pragma GCC unroll 2
    for (int i = 0; i < T; ++i) tile[i] += (others[0][i] + others[1][i]) + (others[2][i] + others[3][i]);
  }
  for (; e < count; ++e) add_product(tile, values[e], dense + offsets[e], step);
}

/// Calls body(Size<T>, first) for tiles of nearly equal sizes T that together cover `vectors` vectors;
/// `first` counts vectors.
template <class Body>
LENET_SIMD_INLINE void for_each_tile(std::int64_t vectors, const Body& body) {
  const std::int64_t tiles = (vectors + kMaxTile - 1) / kMaxTile;
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    const std::int64_t first = vectors * tile / tiles;
    switch (vectors * (tile + 1) / tiles - first) {
#define LENET_TILE(size)       \
  case size:                   \
    body(Size<size>{}, first); \
    break;
      LENET_TILE(1)
      LENET_TILE(2)
      LENET_TILE(3)
      LENET_TILE(4)
      LENET_TILE(5)
      LENET_TILE(6)
      LENET_TILE(7)
      LENET_TILE(8)
      LENET_TILE(9)
      LENET_TILE(10)
      LENET_TILE(11)
      LENET_TILE(12)
#if LENET_SIMD_LANES == 16
      LENET_TILE(13)
      LENET_TILE(14)
#endif
#undef LENET_TILE
    }
  }
}

}  // namespace lenet::cpu::LENET_SIMD
