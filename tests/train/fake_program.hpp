#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.hpp"
#include "engine/backend.hpp"
#include "models/models.hpp"

namespace lenet {

/// Ring in plain memory whose slots are always free.
class FakeSlots : public HostSlots {
 public:
  explicit FakeSlots(std::int64_t capacity) {
    const auto samples = static_cast<std::size_t>(capacity);
    pixels_.assign(kSlots, std::vector<std::uint8_t>(samples * data::kImagePixels));
    labels_.assign(kSlots, std::vector<std::uint8_t>(samples));
    index_.assign(kSlots, std::vector<std::uint32_t>(samples));
    for (std::size_t i = 0; i < kSlots; ++i)
      slots_.push_back({.index = static_cast<int>(i),
                        .pixels = pixels_[i],
                        .labels = labels_[i],
                        .sample_index = index_[i]});
  }
  std::span<HostSlot> slots() override { return slots_; }
  void wait_until_free(int) override {}

 private:
  static constexpr std::size_t kSlots = 3;
  std::vector<std::vector<std::uint8_t>> pixels_;
  std::vector<std::vector<std::uint8_t>> labels_;
  std::vector<std::vector<std::uint32_t>> index_;
  std::vector<HostSlot> slots_;
};

/// Script of a FakeProgram: the loss of a training sample in a step, and of a validation sample after a
/// number of steps.
struct FakeLosses {
  std::function<double(std::int64_t step)> training = [](std::int64_t step) {
    return 1.0 / (1.0 + 0.1 * static_cast<double>(step));
  };
  std::function<double(std::int64_t steps)> validation = [](std::int64_t steps) {
    return 2.0 / (1.0 + static_cast<double>(steps));
  };
  std::function<void(std::int64_t step)> on_step = [](std::int64_t) {};
};

/// Program without mathematics. Its losses are scripted, and its weights are a running sum that depends on
/// every batch, its order and its step, so that two runs differ if anything in them differs.
class FakeProgram : public Program {
 public:
  explicit FakeProgram(FakeLosses losses = {}) : losses_(std::move(losses)) {}

  void set_parameters(std::span<const float> values) override {
    parameters_.assign(values.begin(), values.end());
  }
  std::vector<float> parameters() override { return parameters_; }
  /// Continues after so many steps, on which the validation losses depend.
  void resume_at(std::int64_t steps) { steps_ = steps; }
  void set_moments(std::span<const std::vector<float>> moments) override { moment_ = moments[0]; }
  std::vector<std::vector<float>> moments() override { return {moment_}; }
  std::vector<float> gradients() override { return moment_; }
  HostSlots& slots() override { return slots_; }
  std::int64_t evaluation_batch() const override { return 16; }

  void train_step(const HostSlot& slot, std::int64_t step) override {
    losses_.on_step(step);
    const auto count = static_cast<std::size_t>(slot.count);
    const auto seen =
        std::accumulate(slot.pixels.begin(),
                        slot.pixels.begin() + static_cast<std::ptrdiff_t>(count * data::kImagePixels), 0.0);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      moment_[i] = 0.9f * moment_[i] + static_cast<float>(seen * 1e-5) * static_cast<float>(i + 1);
      parameters_[i] = 0.999f * parameters_[i] - 0.001f * moment_[i] + 1e-4f * static_cast<float>(step);
    }
    const double loss = losses_.training(step);
    if (!(loss < std::numeric_limits<double>::infinity()) && metrics_.first_nonfinite_step < 0)
      metrics_.first_nonfinite_step = step;
    metrics_.loss_sum += loss * static_cast<double>(slot.count) * 0.1;
    metrics_.correct += slot.labels[0];
    metrics_.count += slot.count;
    steps_ = step + 1;
  }

  void evaluate_batch(const HostSlot& slot) override {
    metrics_.loss_sum += losses_.validation(steps_) * static_cast<double>(slot.count);
    metrics_.count += slot.count;
    metrics_.confusion.resize(data::kClasses * data::kClasses);
    for (std::size_t i = 0; i < static_cast<std::size_t>(slot.count); ++i) {
      const std::size_t label = slot.labels[i],
                        predicted = slot.pixels[i * data::kImagePixels] % data::kClasses;
      metrics_.correct += label == predicted;
      ++metrics_.confusion[label * data::kClasses + predicted];
    }
  }

  Metrics metrics() override { return metrics_; }
  void reset_metrics() override { metrics_ = {}; }
  void set_metrics(const Metrics& sums) override { metrics_ = sums; }
  /// Predicts the first pixel of each image, which fake_samples() sets to its label.
  std::vector<float> logits(std::span<const std::uint8_t> pixels) override {
    std::vector<float> rows(pixels.size() / data::kImagePixels * data::kClasses);
    for (std::size_t image = 0; image < rows.size() / data::kClasses; ++image)
      rows[image * data::kClasses + pixels[image * data::kImagePixels] % data::kClasses] = 1;
    return rows;
  }
  std::vector<MemoryUse> memory_use() const override { return {{"weights", 1024}, {"batches", 2048}}; }
  void begin_range(const char* name) override { ranges_ += std::string(name) + "("; }
  void end_range() override { ranges_ += ")"; }
  /// Returns the ranges that were named for profilers, in order: "epoch()evaluation()".
  const std::string& ranges() const { return ranges_; }

 private:
  std::string ranges_;
  FakeLosses losses_;
  FakeSlots slots_{128};
  std::vector<float> parameters_ = std::vector<float>(kParameters);
  std::vector<float> moment_ = std::vector<float>(kParameters);
  Metrics metrics_;
  std::int64_t steps_ = 0;

  static constexpr std::size_t kParameters = 7850;
};

/// Returns images whose first pixel is their label and whose other pixels depend on their number.
inline data::Samples fake_samples(std::int64_t count) {
  data::Samples samples;
  for (std::int64_t i = 0; i < count; ++i) {
    samples.labels.push_back(static_cast<std::uint8_t>(i % data::kClasses));
    samples.pixels.push_back(samples.labels.back());
    for (std::int64_t pixel = 1; pixel < data::kImagePixels; ++pixel)
      samples.pixels.push_back(static_cast<std::uint8_t>((i * 31 + pixel * 7) % 251));
  }
  return samples;
}

}  // namespace lenet
