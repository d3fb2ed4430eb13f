#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend.hpp"

namespace lenet::compile {

/// The flat arrays of a program's parameters, in a layout that its backend chose: weights, then for training
/// the gradients and each moment.
class ParameterArrays {
 public:
  static constexpr std::size_t kWeights = 0, kGradients = 1;
  static constexpr std::size_t moment(std::size_t number) { return 2 + number; }
  /// How many arrays a program has that is compiled with these options.
  static std::size_t count(const CompileOptions& options);

  virtual ~ParameterArrays() = default;
  /// Copies a whole array from the graph's canonical order.
  virtual void import_array(std::size_t array, std::span<const float> canonical) = 0;
  /// Returns a whole array in the graph's canonical order.
  virtual std::vector<float> export_array(std::size_t array) const = 0;
};

/// What the Programs of all backends do alike: parameters, moments and gradients in and out, and logits chunk
/// by chunk.
class CompiledProgram : public Program {
 public:
  CompiledProgram(const Graph& graph, const CompileOptions& options) : graph_(graph), options_(options) {}

  void set_parameters(std::span<const float> values) final;
  std::vector<float> parameters() final;
  void set_moments(std::span<const std::vector<float>> moments) final;
  std::vector<std::vector<float>> moments() final;
  std::vector<float> gradients() final;
  std::vector<float> logits(std::span<const std::uint8_t> pixels) final;

 protected:
  const Graph& graph() const { return graph_; }
  const CompileOptions& options() const { return options_; }
  /// Throws Error if the program was compiled for inference.
  const TrainingOptions& training() const;
  /// Whether the parameters that were set are all finite. Libraries' ReLU and pooling turn NaN into numbers,
  /// so that a loss or logits computed with other parameters have to be made NaN.
  bool parameters_are_finite() const { return parameters_are_finite_; }
  /// Samples that a slot must hold.
  std::int64_t slot_capacity(std::int64_t evaluation_batch) const;

 private:
  virtual ParameterArrays& arrays() = 0;
  /// Appends the logits of at most evaluation_batch() images.
  virtual void append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) = 0;
  /// Called before anything that uses the device.
  virtual void select_device() {}

  std::size_t moment_arrays() const;

  Graph graph_;
  CompileOptions options_;
  bool parameters_are_finite_ = true;
};

}  // namespace lenet::compile
