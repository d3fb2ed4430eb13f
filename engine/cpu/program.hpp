#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/backend.hpp"
#include "engine/cpu/parameters.hpp"
#include "engine/cpu/plan.hpp"
#include "engine/cpu/slots.hpp"

namespace lenet::cpu {

/// A graph compiled for the CPU. Every call has done its work when it returns.
class CpuProgram : public Program {
 public:
  CpuProgram(const Graph& graph, const CompileOptions& options, int threads);

  void set_parameters(std::span<const float> values) override;
  std::vector<float> parameters() override;
  void set_moments(std::span<const std::vector<float>> moments) override;
  std::vector<std::vector<float>> moments() override;
  std::vector<float> gradients() override;
  HostSlots& slots() override { return slots_; }
  std::int64_t evaluation_batch() const override;
  void train_step(const HostSlot& slot, std::int64_t step) override;
  void evaluate_batch(const HostSlot& slot) override;
  Metrics metrics() override { return metrics_; }
  void reset_metrics() override { metrics_ = {}; }
  void set_metrics(const Metrics& sums) override { metrics_ = sums; }
  std::vector<float> logits(std::span<const std::uint8_t> pixels) override;
  std::vector<MemoryUse> memory_use() const override;

 private:
  struct Batch {
    std::span<const std::uint8_t> pixels, labels;
  };
  Batch read(const HostSlot& slot);
  void gather(const HostSlot& slot);
  /// The plan for a batch size, made when it is first asked for.
  Plan& plan(std::int64_t batch, bool training);
  StepContext context(std::int64_t step, bool training);
  /// Adds a batch's loss and correct predictions to the metrics, and writes the mean loss's gradients by the
  /// logits unless `gradients` is empty. Returns the sum of the losses.
  double add_loss(std::span<const float> logits, std::span<const std::uint8_t> labels,
                  std::span<float> gradients);
  void add_confusion(std::span<const float> logits, std::span<const std::uint8_t> labels);

  Graph graph_;
  CompileOptions options_;
  int threads_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<onednn::Desc> layouts_;
  std::map<std::pair<std::int64_t, bool>, std::unique_ptr<Plan>> plans_;
  std::unique_ptr<Parameters> parameters_;
  CpuSlots slots_;
  std::vector<std::uint8_t> gathered_pixels_, gathered_labels_;  ///< of slots that name samples by index
  Metrics metrics_;
};

}  // namespace lenet::cpu
