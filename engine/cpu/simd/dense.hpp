#pragma once

#include <cstdint>

#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/tile.hpp"
#include "engine/cpu/simd/update.hpp"
#include "engine/cpu/simd/vector.hpp"

/// Dense layers: a product of two dense matrices forward, products with a sparse one backward.
namespace lenet::cpu::LENET_SIMD {

/// Samples and units whose sums are in registers at the same time.
inline constexpr int kSamples = LENET_SIMD_LANES == 16 ? 6 : 3;
inline constexpr int kUnits = 4;
/// Inputs per pass: kSamples rows of this length, and those of kUnits units, fit into the first-level cache.
inline constexpr std::int64_t kInputBlock = 1056;

/// Adds the products of `inputs` inputs and weights for N samples and kUnits units to the result.
template <int N>
LENET_SIMD_INLINE void add_inner_products(const DenseForward& a, const float* input, const float* weights,
                                          std::int64_t inputs, float* result) {
  Vector sums[N][kUnits];
#pragma GCC unroll 8
  for (int n = 0; n < N; ++n) clear(sums[n]);
  for (std::int64_t i = 0; i < inputs; i += kLanes) {
    Vector weight[kUnits];
#pragma GCC unroll 8
    for (int u = 0; u < kUnits; ++u) weight[u] = load(weights + u * a.weight_row + i);
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) {
      const Vector value = load(input + n * a.input_sample + i);
#pragma GCC unroll 8
      for (int u = 0; u < kUnits; ++u) sums[n][u] += value * weight[u];
    }
  }
#pragma GCC unroll 8
  for (int n = 0; n < N; ++n) {
    float* const four = result + n * a.result_sample;
    store_as(four, load_as<Quad>(four) + sums_of_lanes(sums[n][0], sums[n][1], sums[n][2], sums[n][3]));
  }
}

/// The same for at most N samples.
template <int N>
LENET_SIMD_INLINE void add_samples(const DenseForward& a, std::int64_t samples, const float* input,
                                   const float* weights, std::int64_t inputs, float* result) {
  if (samples == N)
    add_inner_products<N>(a, input, weights, inputs, result);
  else if constexpr (N > 1)
    add_samples<N - 1>(a, samples, input, weights, inputs, result);
}

inline void dense_forward(const DenseForward& a) {
  for (std::int64_t n = 0; n < a.samples; ++n)
    for (std::int64_t u = 0; u < a.units; ++u) a.result[n * a.result_sample + u] = a.bias[u];
  for (std::int64_t first = 0; first < a.inputs; first += kInputBlock) {
    const std::int64_t inputs = a.inputs - first < kInputBlock ? a.inputs - first : kInputBlock;
    // Some samples stay in the first-level cache while the weights of all units pass by. Groups of nearly
    // equal sizes: the weights that are loaded for a small rest would serve few products.
    const std::int64_t groups = (a.samples + kSamples - 1) / kSamples;
    for (std::int64_t group = 0; group < groups; ++group) {
      const std::int64_t n = a.samples * group / groups;
      const std::int64_t samples = a.samples * (group + 1) / groups - n;
      for (std::int64_t u = 0; u < a.units; u += kUnits)
        add_samples<kSamples>(a, samples, a.input + n * a.input_sample + first,
                              a.weights + u * a.weight_row + first, inputs,
                              a.result + n * a.result_sample + u);
    }
  }
  if (!a.relu) return;
  for (std::int64_t n = 0; n < a.samples; ++n)
    for (std::int64_t u = 0; u < a.units; ++u) {
      float& value = a.result[n * a.result_sample + u];
      value = kernels::relu(value);
    }
}

inline void sum_rows(const SumRows& a) {
  for_each_tile(a.width / kLanes, [&](auto size, std::int64_t vector) {
    const std::int64_t first = vector * kLanes;
    for (std::int64_t group = 0; group < a.groups; ++group)
      for (std::int64_t r = 0; r < a.rows; ++r) {
        const SparseRows row = a.sparse.from(r);
        const std::int32_t* const bounds = a.bounds ? a.bounds + r * (a.groups + 1) + group : nullptr;
        const std::int32_t begin = bounds ? bounds[0] : 0, end = bounds ? bounds[1] : *row.counts;
        float* const result = a.result + r * a.result_row + first;
        Vector tile[decltype(size)::value];
        if (group > 0)
          load_tile(tile, result);
        else if (a.start)
          load_tile(tile, a.start + first);
        else
          clear(tile);
        add_products(tile, row.offsets + begin, row.values + begin, end - begin, a.dense + first);
        if (a.relu && group + 1 == a.groups)
          for (Vector& sum : tile) sum = relu(sum);
        store_tile(result, tile);
      }
  });
}

inline void add_transposed(const AddTransposed& a) {
  for_each_tile(a.width / kLanes, [&](auto size, std::int64_t vector) {
    const std::int64_t first = vector * kLanes;
    for (std::int64_t r = 0; r < a.rows; ++r) {
      Vector dense[decltype(size)::value];
      load_tile(dense, a.dense + r * a.dense_row + first);
      const SparseRows row = a.sparse.from(r);
      for (std::int32_t e = a.begins[r * a.bounds_step]; e < a.ends[r * a.bounds_step]; ++e) {
        float* const sums = a.sums + row.offsets[e] + first;
        Vector tile[decltype(size)::value];
        load_tile(tile, sums);
#pragma GCC unroll 16
        for (int i = 0; i < decltype(size)::value; ++i) tile[i] += row.values[e] * dense[i];
        store_tile(sums, tile);
      }
    }
  });
}

inline bool update_rows(const UpdateRows& a) {
  bool finite = true;
  for (std::int64_t r = 0; r < a.rows; ++r) {
    const SparseRows row = a.sparse.from(r);
    for_each_tile(a.width / kLanes, [&](auto size, std::int64_t vector) {
      const std::int64_t first = vector * kLanes;
      constexpr int kSize = decltype(size)::value;
      Vector tile[kSize];
      clear(tile);
      add_products(tile, row.offsets, row.values, *row.counts, a.dense + first);
      float gradient[kSize * kLanes];
      store_tile(gradient, tile);
      finite = update(*a.rule, a.offset + r * a.weight_row + first, gradient, kSize * kLanes) && finite;
    });
  }
  return finite;
}

}  // namespace lenet::cpu::LENET_SIMD
