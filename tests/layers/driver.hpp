#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/backend.hpp"
#include "tests/reference/draw.hpp"

namespace lenet {

/// A Program with the part of a trainer that tests need: it puts batches into the ring's slots in order.
class Driver {
 public:
  Driver(Backend& backend, const Graph& graph, const CompileOptions& options)
      : program_(backend.compile(graph, options)) {}
  Driver(Backend& backend, const Graph& graph, const TrainingOptions& training)
      : Driver(backend, graph, CompileOptions{.training = training}) {}

  Program& program() { return *program_; }
  void train(const reference::Batch& batch, std::int64_t step);
  /// A step on samples that the Program was compiled with.
  void train_by_index(std::span<const std::uint32_t> indices, std::int64_t step);
  void evaluate(const reference::Batch& batch);

 private:
  HostSlot& next_slot();
  const HostSlot& stage(const reference::Batch& batch);

  std::unique_ptr<Program> program_;
  std::size_t next_ = 0;
};

/// What tests compile for to see gradients: with β1 = 0 Adam's first moment after a step is that step's
/// gradient, and with a learning rate of 0 the parameters stay.
inline constexpr Adam kKeepGradient{.learning_rate = 0, .beta1 = 0};

/// The gradient of the batch's mean loss at `parameters`, in canonical order.
std::vector<float> gradient_of(Backend& backend, const Graph& graph, const CompileOptions& options,
                               std::span<const float> parameters, const reference::Batch& batch,
                               std::int64_t step = 0);
std::vector<float> gradient_of(Backend& backend, const Graph& graph, const TrainingOptions& training,
                               std::span<const float> parameters, const reference::Batch& batch,
                               std::int64_t step = 0);

}  // namespace lenet
