#pragma once

#include <cooperative_groups.h>
#include <cuda_pipeline.h>

#include "kernels/block_sum.cuh"
#include "kernels/dropout.hpp"
#include "kernels/element.cuh"
#include "kernels/launch_fused_steps.hpp"
#include "kernels/nonfinite.cuh"
#include "kernels/normalize.hpp"
#include "kernels/relu.hpp"
#include "kernels/sgd.hpp"
#include "kernels/softmax_cross_entropy.hpp"

/// What a block of launch_fused_steps() does.
namespace lenet::kernels::fused {

inline constexpr int kMaxThreads = 512;
inline constexpr int kTile = 4;    // hidden units that a thread computes at once
inline constexpr int kGroup = 16;  // pixels that one load from shared memory takes
inline constexpr int kRates = 64;  // steps whose learning rates and corrections are computed together
inline constexpr int kRing = 3;    // steps whose sums of logits and sample indices exist at once

// Sums of logits are integers, multiples of 2^-30. The parts of 512 blocks, each below 2^24, fit.
inline constexpr float kFixedOne = 1073741824.0f;
inline constexpr float kFixedLimit = 16777216.0f;

/// Places of a block's data in its shared memory: floats from its start, multiples of four.
struct Layout {
  std::int32_t steps = 0;
  bool vectors = false;  ///< images are copied 16 bytes at a time
  std::int32_t row = 0;  ///< bytes from one image to the next: odd multiples of 16 spread them over banks
  std::int32_t row_pixels = 0;  ///< those that the block reads, and zeros up to a multiple of 16
  std::int32_t padded = 0;      ///< share, rounded up to whole tiles
  std::int32_t pitch = 0;       ///< floats from one sample's values, or one class's weights, to the next: odd
  // Parameters, from the start of the weights or of a moment; hidden weights are first, a row per unit.
  std::int32_t hidden_bias = 0, last_weight = 0, last_bias = 0;
  std::int32_t moment1 = 0, moment2 = 0;  ///< the weights are first
  std::int32_t values = 0;                ///< samples × pitch: of the hidden units, or pixels
  std::int32_t value_gradients = 0;       ///< samples × padded
  std::int32_t logits = 0;                ///< samples × classes; then their gradients
  std::int32_t parts = 0;                 ///< four per thread
  std::int32_t losses = 0, corrects = 0;  ///< one per sample
  std::int32_t rates = 0;                 ///< kRates × StepState
  std::int32_t index = 0;                 ///< kRing × samples
  std::int32_t images = 0;                ///< buffers × samples × row
  std::int32_t floats = 0;                ///< in all
};

/// Returns one of the four pixels in a word as a float: its bits are the mantissa of 2^23 + pixel.
__device__ inline float pixel_of(unsigned word, unsigned place) {
  return __uint_as_float(__byte_perm(word, 0x4B000000u, 0x7440u + place)) - 8388608.0f;
}

/// A block's view of its shared memory, and its part of a step. kHidden: there is a hidden layer.
template <bool kHidden>
struct Block {
  const FusedStepsArgs& args;
  const Layout& layout;
  float* const shared;
  const std::int32_t thread = static_cast<std::int32_t>(threadIdx.x);
  const std::int32_t threads = static_cast<std::int32_t>(blockDim.x);
  const std::int32_t lane = thread % kWarp;
  const std::int32_t first = static_cast<std::int32_t>(blockIdx.x) * args.grid.share;
  const std::int32_t own =
      args.network.inputs() - first < args.grid.share ? args.network.inputs() - first : args.grid.share;
  double loss_sum = 0;  ///< these two: of block 0's last warp, lane 0
  std::int64_t correct = 0;

  __device__ Block(const FusedStepsArgs& arguments, const Layout& places, float* memory)
      : args(arguments), layout(places), shared(memory) {}

  __device__ float& value(std::int32_t sample, std::int32_t input) {
    return shared[layout.values + sample * layout.pitch + input];
  }
  __device__ float& last_weight(std::int32_t k, std::int32_t input) {
    return shared[layout.last_weight + k * layout.pitch + input];
  }
  __device__ float& logit(std::int32_t sample, std::int32_t k) {
    return shared[layout.logits + sample * args.network.classes + k];
  }
  __device__ StepState& rates(std::int32_t step) {
    return reinterpret_cast<StepState*>(shared + layout.rates)[step % kRates];
  }
  __device__ std::uint32_t* index(std::int32_t step) {
    return reinterpret_cast<std::uint32_t*>(shared + layout.index) + step % kRing * args.network.batch;
  }
  __device__ unsigned char* image(std::int32_t step, std::int32_t sample) {
    const std::int32_t buffer = step % args.grid.image_buffers;
    return reinterpret_cast<unsigned char*>(shared + layout.images) +
           (buffer * args.network.batch + sample) * layout.row;
  }
  __device__ std::int32_t samples_of(std::int32_t step) const {
    const std::int64_t left = args.samples - static_cast<std::int64_t>(step) * args.network.batch;
    return left < args.network.batch ? static_cast<std::int32_t>(left) : args.network.batch;
  }
  __device__ unsigned long long* logit_sums(std::int32_t step) const {
    const std::int32_t logits = args.network.batch * args.network.classes;
    return static_cast<unsigned long long*>(args.workspace) + step % kRing * logits;
  }
  /// Not 0: a part of a logit was too large, or not finite.
  __device__ unsigned* overflow(std::int32_t step) const {
    return reinterpret_cast<unsigned*>(logit_sums(0) + kRing * args.network.batch * args.network.classes) +
           step % kRing;
  }

  /// Calls visit(place in shared memory, place in the flat arrays) for this block's parameters, those of the
  /// last bias in every block if `all`, else in the first.
  template <typename Visit>
  __device__ void for_each_parameter(bool all, const Visit& visit) {
    const FusedNetwork& network = args.network;
    if (kHidden) {
      for (std::int32_t i = thread; i < own * network.pixels; i += threads) {
        const std::int32_t unit = i / network.pixels, pixel = i % network.pixels;
        visit(unit * layout.row_pixels + pixel,
              args.offsets[kHiddenWeight] + static_cast<std::int64_t>(first) * network.pixels + i);
      }
      for (std::int32_t i = thread; i < own; i += threads)
        visit(layout.hidden_bias + i, args.offsets[kHiddenBias] + first + i);
    }
    for (std::int32_t i = thread; i < network.classes * own; i += threads)
      visit(layout.last_weight + i / own * layout.pitch + i % own, last_weight_place(i / own, i % own));
    if (all || blockIdx.x == 0)
      for (std::int32_t k = thread; k < network.classes; k += threads)
        visit(layout.last_bias + k, args.offsets[kLastBias] + k);
  }
  __device__ std::int64_t last_weight_place(std::int32_t k, std::int32_t input) const {
    return args.offsets[kLastWeight] + static_cast<std::int64_t>(k) * args.network.inputs() + first + input;
  }

  __device__ void begin() {
    for (std::int32_t i = thread; i < layout.floats; i += threads) shared[i] = 0;
    __syncthreads();
    for_each_parameter(true, [this](std::int32_t here, std::int64_t there) {
      shared[here] = args.weights[there];
      if (!args.network.adam) return;
      shared[layout.moment1 + here] = args.moments[0][there];
      shared[layout.moment2 + here] = args.moments[1][there];
    });
    for (std::int32_t i = thread; i < samples_of(0); i += threads) index(0)[i] = args.order[i];
    if (is_counter()) {
      loss_sum = args.metrics->loss_sum;
      correct = args.metrics->correct;
    }
    __syncthreads();
    fetch(0);
    __pipeline_wait_prior(0);
    __syncthreads();
  }

  __device__ void end() {
    for_each_parameter(false, [this](std::int32_t here, std::int64_t there) {
      args.weights[there] = shared[here];
      if (!args.network.adam) return;
      args.moments[0][there] = shared[layout.moment1 + here];
      args.moments[1][there] = shared[layout.moment2 + here];
    });
    if (is_counter()) {
      args.metrics->loss_sum = loss_sum;
      args.metrics->correct = correct;
      args.metrics->count += args.samples;
      *args.state = rates(layout.steps - 1);
    }
    cooperative_groups::this_grid().sync();  // all blocks have read the last sums
    clear_sums(layout.steps - 1);
  }

  /// Whether this thread adds up the metrics.
  __device__ bool is_counter() const { return blockIdx.x == 0 && thread == threads - kWarp; }

  /// Begins to copy the images of a step, whose indices are there, and the indices of the step after it.
  __device__ void fetch(std::int32_t step) {
    const FusedNetwork& network = args.network;
    const std::int32_t begin = kHidden ? 0 : first;
    const std::int32_t bytes = kHidden ? network.pixels : own;
    const auto source = [&](std::int32_t sample) {
      return args.pixels + static_cast<std::int64_t>(index(step)[sample]) * network.pixels + begin;
    };
    const std::int32_t count = samples_of(step);
    if (layout.vectors) {
      const std::int32_t vectors = bytes / kGroup;
      for (std::int32_t i = thread; i < count * vectors; i += threads) {
        const std::int32_t sample = i / vectors, byte = i % vectors * kGroup;
        __pipeline_memcpy_async(image(step, sample) + byte, source(sample) + byte, kGroup);
      }
    } else {
      for (std::int32_t i = thread; i < count * bytes; i += threads)
        image(step, i / bytes)[i % bytes] = source(i / bytes)[i % bytes];
    }
    if (step + 1 < layout.steps) {
      const std::uint32_t* const order = args.order + static_cast<std::int64_t>(step + 1) * network.batch;
      for (std::int32_t i = thread; i < samples_of(step + 1); i += threads)
        __pipeline_memcpy_async(index(step + 1) + i, order + i, sizeof(std::uint32_t));
    }
    __pipeline_commit();
  }

  __device__ void take_step(std::int32_t step) {
    const std::int32_t count = samples_of(step);
    if (step % kRates == 0 && thread < kRates) {
      StepState state;
      state.step = args.first_step + step + thread - 1;
      begin_step({&state, args.optimizer});
      rates(thread) = state;
    }
    // Read now, used after the barrier.
    const std::int32_t label = thread < count ? args.labels[index(step)[thread]] : 0;
    const bool ahead = args.grid.image_buffers > 1;
    if (ahead && step + 1 < layout.steps) fetch(step + 1);
    if (kHidden)
      compute_units(step, count);
    else
      normalize_pixels(step, count);
    add_to_logits(step, count);
    cooperative_groups::this_grid().sync();

    read_logits(step, count);
    __syncthreads();
    if (thread < count) pass_loss(thread, count, label);
    __syncthreads();
    if (kHidden) {
      pass_units(count);
      __syncthreads();
    }
    add_to_metrics(step, count);
    update_small(step, count);
    if (kHidden) update_hidden_weights(step, count);
    if (!ahead) {
      __syncthreads();
      if (step + 1 < layout.steps) fetch(step + 1);
    }
    __pipeline_wait_prior(0);
    __syncthreads();
  }

  __device__ void normalize_pixels(std::int32_t step, std::int32_t count) {
    for (std::int32_t i = thread; i < count * own; i += threads)
      value(i / own, i % own) = normalize(image(step, i / own)[i % own]);
    __syncthreads();
  }

  /// Computes the values of the hidden units. A lane has a sample; warps share the samples and the pixels.
  __device__ void compute_units(std::int32_t step, std::int32_t count) {
    const std::int32_t warp = thread / kWarp;
    const std::int32_t sample_groups = (count + kWarp - 1) / kWarp;
    const std::int32_t splits = threads / kWarp / sample_groups;
    float4* const parts = reinterpret_cast<float4*>(shared + layout.parts);
    for (std::int32_t tile = 0; tile < layout.padded / kTile; ++tile) {
      if (warp < splits * sample_groups) {
        const std::int32_t sample = warp % sample_groups * kWarp + lane;
        const unsigned char* const pixels = image(step, sample < count ? sample : 0);
        const std::int32_t split = warp / sample_groups, groups = layout.row_pixels / kGroup;
        parts[thread] = sum_pixels(pixels, tile, split * groups / splits, (split + 1) * groups / splits);
      }
      __syncthreads();
      for (std::int32_t i = thread; i < count * kTile; i += threads) {
        const std::int32_t sample = i / kTile, unit = tile * kTile + i % kTile;
        float sum = 0;
        for (std::int32_t split = 0; split < splits; ++split) {
          const std::int32_t part = (split * sample_groups + sample / kWarp) * kWarp + sample % kWarp;
          sum += shared[layout.parts + part * kTile + i % kTile];
        }
        value(sample, unit) = unit < own ? unit_value(step, sample, unit, sum) : 0.0f;
      }
      __syncthreads();
    }
  }

  /// Returns the sums of four units over groups of 16 pixels, which are not normalized.
  __device__ float4 sum_pixels(const unsigned char* pixels, std::int32_t tile, std::int32_t begin,
                               std::int32_t end) {
    const auto* const groups = reinterpret_cast<const uint4*>(pixels);
    const auto* const weights = reinterpret_cast<const float4*>(shared + tile * kTile * layout.row_pixels);
    const std::int32_t row = layout.row_pixels / 4;
    float sums[kTile] = {};
    for (std::int32_t group = begin; group < end; ++group) {
      const uint4 sixteen = groups[group];
      const unsigned words[4] = {sixteen.x, sixteen.y, sixteen.z, sixteen.w};
#pragma unroll
      for (std::int32_t part = 0; part < 4; ++part) {
        const float a = pixel_of(words[part], 0), b = pixel_of(words[part], 1), c = pixel_of(words[part], 2),
                    d = pixel_of(words[part], 3);
#pragma unroll
        for (std::int32_t unit = 0; unit < kTile; ++unit) {
          const float4 w = weights[unit * row + group * 4 + part];
          sums[unit] += a * w.x + b * w.y + (c * w.z + d * w.w);
        }
      }
    }
    return make_float4(sums[0], sums[1], sums[2], sums[3]);
  }

  /// Returns a unit's value after ReLU and dropout, given its sum over unnormalized pixels.
  __device__ float unit_value(std::int32_t step, std::int32_t sample, std::int32_t unit, float sum) {
    const float active = relu(sum * (1.0f / 255.0f) + shared[layout.hidden_bias + unit]);
    if (args.dropout_rate == 0) return active;
    const DropoutMask mask = dropout_mask(args.seed, static_cast<std::uint64_t>(args.first_step + step),
                                          args.dropout_layer, args.dropout_rate);
    const std::int64_t place = static_cast<std::int64_t>(sample) * args.network.units + first + unit;
    const PhiloxWords words = dropout_words(mask, static_cast<std::uint32_t>(place / 4));
    const auto word = place % 4;
    return active * dropout_factor(mask, word < 2 ? (word == 0 ? words.word[0] : words.word[1])
                                                  : (word == 2 ? words.word[2] : words.word[3]));
  }

  /// Adds what this block's inputs contribute to the logits of all samples.
  __device__ void add_to_logits(std::int32_t step, std::int32_t count) {
    const std::int32_t classes = args.network.classes;
    for (std::int32_t i = thread; i < count * classes; i += threads) {
      const std::int32_t sample = i / classes, k = i % classes;
      float sum = 0;
      for (std::int32_t input = 0; input < own; ++input) sum += value(sample, input) * last_weight(k, input);
      if (fabsf(sum) < kFixedLimit)
        atomicAdd(&logit_sums(step)[i], static_cast<unsigned long long>(llrintf(sum * kFixedOne)));
      else
        atomicOr(overflow(step), 1u);
    }
  }

  __device__ void read_logits(std::int32_t step, std::int32_t count) {
    const std::int32_t classes = args.network.classes;
    const bool broken = __ldcg(overflow(step)) != 0;  // from L2, past stale L1; so are the sums
    for (std::int32_t i = thread; i < count * classes; i += threads) {
      const auto sum = static_cast<long long>(__ldcg(&logit_sums(step)[i]));
      shared[layout.logits + i] =
          broken ? nanf("")
                 : static_cast<float>(sum) * (1.0f / kFixedOne) + shared[layout.last_bias + i % classes];
    }
    // All blocks read the sums of the step before ahead of the barrier behind us; the step after the next one
    // adds to them again.
    if (step > 0) clear_sums(step - 1);
  }

  __device__ void clear_sums(std::int32_t step) {
    const std::int32_t all = static_cast<std::int32_t>(gridDim.x) * threads;
    const std::int32_t begin = static_cast<std::int32_t>(blockIdx.x) * threads + thread;
    for (std::int32_t i = begin; i < args.network.batch * args.network.classes; i += all)
      logit_sums(step)[i] = 0;
    if (begin == 0) *overflow(step) = 0;
  }

  /// Takes one sample from its logits to their gradients, in place.
  __device__ void pass_loss(std::int32_t sample, std::int32_t count, std::int32_t label) {
    const std::int32_t classes = args.network.classes;
    const RowLoss found = row_loss(&logit(sample, 0), classes, label);
    for (std::int32_t k = 0; k < classes; ++k)
      logit(sample, k) =
          logit_gradient(found, logit(sample, k), k == label, 1.0f / static_cast<float>(count));
    shared[layout.losses + sample] = found.loss;
    shared[layout.corrects + sample] = found.predicted == label ? 1.0f : 0.0f;
  }

  /// Computes the gradients of the hidden units' sums.
  __device__ void pass_units(std::int32_t count) {
    const float scale = 1.0f / (1.0f - args.dropout_rate);
    for (std::int32_t i = thread; i < count * layout.padded; i += threads) {
      const std::int32_t sample = i / layout.padded, unit = i % layout.padded;
      float gradient = 0;
      for (std::int32_t k = 0; k < args.network.classes; ++k)
        gradient += logit(sample, k) * last_weight(k, unit);
      shared[layout.value_gradients + i] = relu_gradient(gradient, value(sample, unit)) * scale;
    }
  }

  __device__ void add_to_metrics(std::int32_t step, std::int32_t count) {
    if (blockIdx.x != 0 || thread < threads - kWarp) return;
    double loss = 0;
    float right = 0;
    for (std::int32_t sample = lane; sample < count; sample += kWarp) {
      loss += static_cast<double>(shared[layout.losses + sample]);
      right += shared[layout.corrects + sample];
    }
    loss = warp_sum(loss);
    right = warp_sum(right);
    if (lane != 0) return;
    loss_sum += loss;
    correct += static_cast<std::int64_t>(right);
    if (!isfinite(loss)) record_step(args.first_step + step, &args.metrics->first_nonfinite_step);
  }

  /// Computes the gradients of all parameters but the hidden weights, and updates these parameters. A few
  /// lanes share the samples of one. Every block updates the last bias in its own copy, with the same bits.
  __device__ void update_small(std::int32_t step, std::int32_t count) {
    const std::int32_t classes = args.network.classes, share = args.grid.share;
    const std::int32_t outputs = (classes + (kHidden ? 1 : 0)) * share + classes;
    std::int32_t lanes = kWarp;
    while (lanes > 1 && outputs * lanes > threads) lanes /= 2;
    const std::int32_t at_once = threads / lanes;
    for (std::int32_t begin = 0; begin < outputs; begin += at_once) {  // all lanes take part in shuffles
      const std::int32_t output = begin + thread / lanes;
      float sum = 0;
      if (output < outputs)
        for (std::int32_t sample = lane % lanes; sample < count; sample += lanes)
          sum += small_gradient(output, sample);
      for (std::int32_t apart = lanes / 2; apart > 0; apart /= 2)
        sum += __shfl_xor_sync(kFullWarp, sum, apart);
      if (output < outputs && lane % lanes == 0) update_output(step, output, sum);
    }
  }

  /// Outputs are the last layer's biases, its weights, the hidden biases.
  __device__ float small_gradient(std::int32_t output, std::int32_t sample) {
    const std::int32_t classes = args.network.classes, share = args.grid.share;
    if (output < classes) return logit(sample, output);
    const std::int32_t k = (output - classes) / share, input = (output - classes) % share;
    if (k < classes) return logit(sample, k) * value(sample, input);
    return shared[layout.value_gradients + sample * layout.padded + input];
  }

  __device__ void update_output(std::int32_t step, std::int32_t output, float gradient) {
    const std::int32_t classes = args.network.classes, share = args.grid.share;
    const std::int32_t k = (output - classes) / share, input = (output - classes) % share;
    if (output < classes)
      update(step, layout.last_bias + output, args.offsets[kLastBias] + output, gradient);
    else if (input >= own)
      return;
    else if (k < classes)
      update(step, layout.last_weight + k * layout.pitch + input, last_weight_place(k, input), gradient);
    else
      update(step, layout.hidden_bias + input, args.offsets[kHiddenBias] + first + input, gradient);
  }

  /// Computes the gradients of the hidden weights, and updates them. A thread has four pixels of four units.
  __device__ void update_hidden_weights(std::int32_t step, std::int32_t count) {
    const std::int32_t quads = layout.row_pixels / 4, tiles = layout.padded / kTile;
    for (std::int32_t task = thread; task < tiles * quads; task += threads) {
      const std::int32_t tile = task / quads, quad = task % quads;
      float4 sums[kTile];
#pragma unroll
      for (float4& four : sums) four = make_float4(0, 0, 0, 0);
      for (std::int32_t sample = 0; sample < count; ++sample) {
        const unsigned word = reinterpret_cast<const unsigned*>(image(step, sample))[quad];
        const float4 pixels =
            make_float4(pixel_of(word, 0), pixel_of(word, 1), pixel_of(word, 2), pixel_of(word, 3));
        const float4 gradients = reinterpret_cast<const float4*>(
            shared + layout.value_gradients)[(sample * layout.padded) / kTile + tile];
        multiply_add(sums[0], gradients.x, pixels);
        multiply_add(sums[1], gradients.y, pixels);
        multiply_add(sums[2], gradients.z, pixels);
        multiply_add(sums[3], gradients.w, pixels);
      }
#pragma unroll
      for (std::int32_t i = 0; i < kTile; ++i)
        if (tile * kTile + i < own) update_four(step, tile * kTile + i, quad, sums[i]);
    }
  }

  /// Updates four hidden weights of a unit, given the sums of their gradients over unnormalized pixels.
  __device__ void update_four(std::int32_t step, std::int32_t unit, std::int32_t quad, float4 sums) {
    const std::int32_t here = unit * layout.row_pixels + 4 * quad;
    const std::int64_t there = args.offsets[kHiddenWeight] +
                               static_cast<std::int64_t>(first + unit) * args.network.pixels + 4 * quad;
    const float4 gradients = map4(sums, [](float sum) { return sum * (1.0f / 255.0f); });
    auto* const weights = reinterpret_cast<float4*>(shared + here);
    const StepState& state = rates(step);
    float4 updated = *weights;
    if (args.network.adam) {
      auto* const moments1 = reinterpret_cast<float4*>(shared + layout.moment1 + here);
      auto* const moments2 = reinterpret_cast<float4*>(shared + layout.moment2 + here);
      const float4 m = *moments1, v = *moments2;
      const AdamElement x = adam({updated.x, m.x, v.x}, gradients.x, state.adam);
      const AdamElement y = adam({updated.y, m.y, v.y}, gradients.y, state.adam);
      const AdamElement z = adam({updated.z, m.z, v.z}, gradients.z, state.adam);
      const AdamElement w = adam({updated.w, m.w, v.w}, gradients.w, state.adam);
      updated = make_float4(x.weight, y.weight, z.weight, w.weight);
      *moments1 = make_float4(x.moment1, y.moment1, z.moment1, w.moment1);
      *moments2 = make_float4(x.moment2, y.moment2, z.moment2, w.moment2);
    } else {
      updated = map4(updated, gradients, [&](float w, float g) { return sgd(w, g, state.learning_rate); });
    }
    *weights = updated;
    record_nonfinite(updated, &state, &args.metrics->first_nonfinite_step);
    if (step == layout.steps - 1 && 4 * quad < args.network.pixels)
      store4(args.gradients + there, 0, args.network.pixels - 4 * quad, false, gradients);
  }

  /// Updates one parameter; `here` and `there` as in for_each_parameter().
  __device__ void update(std::int32_t step, std::int32_t here, std::int64_t there, float gradient) {
    const StepState& state = rates(step);
    float& weight = shared[here];
    if (args.network.adam) {
      float& moment1 = shared[layout.moment1 + here];
      float& moment2 = shared[layout.moment2 + here];
      const AdamElement updated = adam({weight, moment1, moment2}, gradient, state.adam);
      weight = updated.weight, moment1 = updated.moment1, moment2 = updated.moment2;
    } else {
      weight = sgd(weight, gradient, state.learning_rate);
    }
    if (!isfinite(weight)) record_step(state.step, &args.metrics->first_nonfinite_step);
    if (step == layout.steps - 1) args.gradients[there] = gradient;
  }
};

}  // namespace lenet::kernels::fused
