#pragma once

#include <memory>
#include <vector>

#include "engine/compile/plan_map.hpp"
#include "engine/compile/program.hpp"
#include "engine/cpu/parameters.hpp"
#include "engine/cpu/plan.hpp"
#include "engine/cpu/slots.hpp"

namespace lenet::cpu {

/// A graph compiled for the CPU. Every call is synchronous.
class CpuProgram : public compile::CompiledProgram {
 public:
  CpuProgram(const Graph& graph, const CompileOptions& options, int threads);

  HostSlots& slots() override { return slots_; }
  std::int64_t evaluation_batch() const override;
  void train_step(const HostSlot& slot, std::int64_t step) override;
  void evaluate_batch(const HostSlot& slot) override;
  Metrics metrics() override { return metrics_; }
  void reset_metrics() override { metrics_ = {}; }
  void set_metrics(const Metrics& sums) override { metrics_ = sums; }
  std::vector<MemoryUse> memory_use() const override;
  std::vector<Implementation> implementations() override;

 private:
  using Mode = compile::Mode;
  struct Batch {
    std::span<const std::uint8_t> pixels, labels;
  };

  compile::ParameterArrays& arrays() override { return *parameters_; }
  void append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) override;
  /// Sets the calling thread's number of OpenMP threads, which is a per-thread setting.
  void select_device() override;

  Batch read(const HostSlot& slot);
  void gather(const HostSlot& slot);
  Plan& plan(std::int64_t batch, Mode mode);
  /// Adds a batch's loss and correct predictions to the metrics. Adds its confusion counts in inference; in
  /// training writes the gradient of the mean loss with respect to the logits. Returns the sum of the losses.
  double add_loss(std::span<const float> logits, std::span<const std::uint8_t> labels, Mode mode,
                  std::span<float> gradients);

  int threads_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<onednn::Desc> layouts_;
  compile::PlanMap<Plan> plans_;
  std::unique_ptr<Parameters> parameters_;
  CpuSlots slots_;
  std::vector<std::uint8_t> gathered_pixels_, gathered_labels_;  ///< for slots that are by_index
  Metrics metrics_;
};

}  // namespace lenet::cpu
