#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend.hpp"

namespace lenet::compile {

/// A program's flat parameter arrays, in the memory layout of its backend: the weights and, for training, the
/// gradients and each moment.
class ParameterArrays {
 public:
  static constexpr std::size_t kWeights = 0, kGradients = 1;
  static constexpr std::size_t moment(std::size_t number) { return 2 + number; }
  /// Returns the number of arrays of a program that is compiled with these options.
  static std::size_t count(const CompileOptions& options);

  virtual ~ParameterArrays() = default;
  /// Overwrites a whole array with values in the graph's canonical order.
  virtual void import_array(std::size_t array, std::span<const float> canonical) = 0;
  /// Returns a whole array in the graph's canonical order.
  virtual std::vector<float> export_array(std::size_t array) const = 0;
};

/// The part of Program that all backends share: import and export of parameters, moments and gradients, and
/// logits computed in chunks of evaluation_batch() images.
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
  /// Returns whether all parameters were finite when they were last set. If not, the backend must set loss
  /// and logits to NaN itself, since the ReLU and pooling of its libraries may turn NaN into a number.
  bool parameters_are_finite() const { return parameters_are_finite_; }
  /// Returns the number of samples that a slot must hold.
  std::int64_t slot_capacity(std::int64_t evaluation_batch) const;

 private:
  virtual ParameterArrays& arrays() = 0;
  /// Appends the logits of at most evaluation_batch() images.
  virtual void append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) = 0;
  /// Called before every use of the device.
  virtual void select_device() {}

  std::size_t moment_arrays() const;

  Graph graph_;
  CompileOptions options_;
  bool parameters_are_finite_ = true;
};

}  // namespace lenet::compile
