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
LENET_SIMD_INLINE void load_tile(Vector (&tile)[T], const float* from) {
#pragma GCC unroll 16
  for (int i = 0; i < T; ++i) tile[i] = load(from + i * kLanes);
}

template <int T>
LENET_SIMD_INLINE void store_tile(float* to, const Vector (&tile)[T]) {
#pragma GCC unroll 16
  for (int i = 0; i < T; ++i) store(to + i * kLanes, tile[i]);
}

/// tile += value · row
template <int T>
LENET_SIMD_INLINE void add_product(Vector (&tile)[T], float value, const float* row) {
  // Keeps compilers from computing the addresses of the row's vectors in advance, relative to an offset: they
  // would not fit into the registers.
  asm("" : "+r"(row));
#pragma GCC unroll 16
  for (int i = 0; i < T; ++i) tile[i] += value * load(row + i * kLanes);
}

/// tile += Σ values[e] · (dense row at offsets[e])
template <int T>
LENET_SIMD_INLINE void add_products(Vector (&tile)[T], const std::int32_t* offsets, const float* values,
                                    std::int64_t count, const float* dense) {
  std::int64_t e = 0;
  if constexpr (T <= 2) {
    // So few sums would wait for each other: several tiles take turns.
    constexpr int kTiles = 4;
    Vector others[kTiles][T] = {};
    for (; e + kTiles <= count; e += kTiles) {
#pragma GCC unroll 4
      for (int t = 0; t < kTiles; ++t) add_product(others[t], values[e + t], dense + offsets[e + t]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < T; ++i) tile[i] += (others[0][i] + others[1][i]) + (others[2][i] + others[3][i]);
  }
  for (; e < count; ++e) add_product(tile, values[e], dense + offsets[e]);
}

/// Rows of a filter that are added up at the same time, if each is T vectors.
template <int T>
inline constexpr int kRowsAtOnce = kLanes == 16 && T <= 10 ? 2 : 1;

/// sums of row r += Σ values[e] · (dense row at offsets[e] + r · dense_step), for R rows. The sums of the
/// rows are T vectors each, sums_step floats apart.
template <int R, int T>
LENET_SIMD_INLINE void add_products_to_rows(float* sums, std::int64_t sums_step, const SparseRows& list,
                                            std::int64_t count, const float* dense, std::int64_t dense_step) {
  Vector tiles[R][T];
#pragma GCC unroll 2
  for (int r = 0; r < R; ++r) load_tile(tiles[r], sums + r * sums_step);
  for (std::int64_t e = 0; e < count; ++e) {
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r)
      add_product(tiles[r], list.values[e], dense + list.offsets[e] + r * dense_step);
  }
#pragma GCC unroll 2
  for (int r = 0; r < R; ++r) store_tile(sums + r * sums_step, tiles[r]);
}

/// Calls body(Size<R>, row) for `rows` rows, R of them at a time.
template <int R, class Body>
LENET_SIMD_INLINE void for_each_rows(std::int64_t rows, const Body& body) {
  std::int64_t row = 0;
  for (; row + R <= rows; row += R) body(Size<R>{}, row);
  if constexpr (R > 1)
    for (; row < rows; ++row) body(Size<1>{}, row);
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
