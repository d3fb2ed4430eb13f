#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "engine/compile/program.hpp"
#include "engine/cpu/parameters.hpp"
#include "engine/cpu/plan.hpp"
#include "engine/cpu/slots.hpp"
#include "engine/cpu/team.hpp"

namespace lenet::cpu {

/// A graph compiled for the CPU. Every call is synchronous. Results depend on the instruction set, but not on
/// the number of threads.
class CpuProgram : public compile::CompiledProgram, private compile::ParameterArrays {
 public:
  CpuProgram(const Graph& graph, const CompileOptions& options, const Kernels& kernels, int threads);

  HostSlots& slots() override { return slots_; }
  std::int64_t evaluation_batch() const override;
  void train_step(const HostSlot& slot, std::int64_t step) override;
  void evaluate_batch(const HostSlot& slot) override;
  Metrics metrics() override { return metrics_; }
  void reset_metrics() override { metrics_ = {}; }
  void set_metrics(const Metrics& sums) override { metrics_ = sums; }
  std::vector<MemoryUse> memory_use() const override;
  std::vector<Implementation> implementations() override { return first_plan().implementations(); }

 private:
  compile::ParameterArrays& arrays() override { return *this; }
  void append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) override;
  void import_array(std::size_t array, std::span<const float> canonical) override;
  std::vector<float> export_array(std::size_t array) const override;

  StepContext context_of(const HostSlot& slot) const;
  /// Returns the plan that the program was compiled with.
  Plan& first_plan() const { return training_plan_ ? *training_plan_ : *inference_plan_; }
  Plan& inference_plan();
  /// Adds the loss and predictions of the last step. Returns the sum of the losses.
  double add_loss(const Plan& plan, const StepContext& context);
  /// Computes the gradients of the last training step into their array.
  void compute_gradients() const;

  const Kernels& kernels_;
  std::unique_ptr<Team> team_;
  std::unique_ptr<Plan> training_plan_;   ///< null if compiled for inference
  std::unique_ptr<Plan> inference_plan_;  ///< null before its first use, unless compiled for inference
  std::unique_ptr<Parameters> parameters_;
  CpuSlots slots_;
  Metrics metrics_;
  std::int64_t last_count_ = 0;  ///< samples of the last training step
};

}  // namespace lenet::cpu
