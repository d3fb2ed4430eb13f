#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/compile/plan_map.hpp"
#include "engine/compile/program.hpp"
#include "engine/cuda/fused_steps.hpp"
#include "engine/cuda/plan.hpp"
#include "engine/cuda/resident_steps.hpp"
#include "engine/cuda/runtime/nvtx.hpp"
#include "engine/cuda/runtime/scratch.hpp"
#include "engine/cuda/runtime/step_graph.hpp"
#include "engine/cuda/slots.hpp"
#include "engine/cuda/step_counter.hpp"

namespace lenet::cuda {

/// A graph compiled for a CUDA device. Steps are queued; methods that read results wait for them.
class CudaProgram : public compile::CompiledProgram {
 public:
  CudaProgram(int device, const Graph& graph, const CompileOptions& options);
  ~CudaProgram() override;

  std::vector<float> parameter(const Parameter& which) override;
  std::optional<std::vector<Histogram>> histograms(Observed of) override;
  HostSlots& slots() override { return slots_; }
  std::int64_t evaluation_batch() const override;
  void train_step(const HostSlot& slot, std::int64_t step) override;
  ResidentSteps* resident_steps() override { return resident_steps_ ? &*resident_steps_ : nullptr; }
  void evaluate_batch(const HostSlot& slot) override;
  bool evaluate_resident(const DatasetView& samples) override;
  Metrics metrics() override;
  void reset_metrics() override { set_metrics({}); }
  void set_metrics(const Metrics& sums) override;
  std::vector<MemoryUse> memory_use() const override { return memory_.use(); }
  std::vector<Implementation> implementations() override;
  void begin_range(const char* name) override { cuda::begin_range(name); }
  void end_range() override { cuda::end_range(); }

 private:
  using Mode = compile::Mode;
  /// Key of a captured step: the slot that it reads, its batch size, whether it gathers by index.
  using StepKey = std::tuple<int, std::int64_t, bool>;

  compile::ParameterArrays& arrays() override { return parameters_; }
  void append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) override;
  void select_device() override { LENET_CHECK(cudaSetDevice(device_)); }

  /// Samples in device memory.
  struct KeptData {
    DeviceBuffer pixels, labels;
    DeviceBatch from(std::int64_t first, std::int64_t features) const {
      return {.pixels = pixels.as<std::uint8_t>() + first * features,
              .labels = labels.as<std::uint8_t>() + first};
    }
  };

  /// Decides what is fused, and warns if it is less than the options ask for.
  void choose_fused();
  KeptData keep(const ResidentData& data);
  void prepare_resident_steps();
  void prepare_histograms();
  Histogram histogram(const kernels::DeviceValues& values);
  DeviceBatch upload(const HostSlot& slot);
  Plan& plan(std::int64_t batch, Mode mode);
  void run_step(const HostSlot& slot, const DeviceBatch& batch);

  int device_;
  DeviceMemory memory_;
  Stream stream_;
  std::optional<SideBranch> side_;
  PlanCache plan_cache_;
  Parameters parameters_;
  DeviceBuffer metrics_, confusion_;
  StepCounter counter_;
  KeptData training_data_, validation_data_;
  DeviceBuffer pixels_;  ///< images of logits()
  KeptScratch scratch_{memory_};
  CudaSlots slots_;
  compile::PlanMap<Plan> plans_;
  std::map<StepKey, StepGraph> graphs_;
  std::set<std::pair<std::int64_t, bool>> warm_;  ///< batch sizes (and whether by index) that have run a step
  bool evaluated_ = false;                        ///< since the last reset of the metrics
  bool fuse_head_ = false;
  std::optional<FusedSteps> fused_steps_;
  std::optional<CudaResidentSteps> resident_steps_;
};

}  // namespace lenet::cuda
