#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/batch.hpp"
#include "engine/core/dataset_view.hpp"
#include "engine/core/histogram.hpp"
#include "engine/core/metrics.hpp"
#include "engine/graph/graph.hpp"
#include "engine/graph/recipe.hpp"

/// The one interface between the trainer and a device. The trainer sees Backend and Program, never the
/// libraries that implement them.
namespace lenet {

enum class Precision {
  fp32,  ///< float32 throughout
  tf32,  ///< float32 storage, products rounded to TF32 on tensor cores
  bf16,  ///< bfloat16 arithmetic, float32 master weights and moments
};

/// The values of --precision, in the order of Precision.
inline constexpr std::array<std::string_view, 3> kPrecisionNames = {"fp32", "tf32", "bf16"};
constexpr std::string_view precision_name(Precision precision) {
  return kPrecisionNames[static_cast<std::size_t>(precision)];
}

/// Parts of a training step that a GPU computes in one kernel. The results differ by rounding.
enum class Fused {
  off,
  head,   ///< the last dense layer, the loss and the gradients down to the layer before
  steps,  ///< whole steps, many per launch; needs resident data
};

/// The values of --fused, in the order of Fused.
inline constexpr std::array<std::string_view, 3> kFusedNames = {"off", "head", "steps"};
constexpr std::string_view fused_name(Fused fused) { return kFusedNames[static_cast<std::size_t>(fused)]; }

/// Samples that a training program keeps on the device (uint8 N×C×H×W, one label per sample). A step whose
/// slot has `by_index` set gathers its batch from them. If empty, every batch comes through the slots.
struct ResidentData {
  std::span<const std::uint8_t> pixels = {};
  std::span<const std::uint8_t> labels = {};

  bool empty() const { return pixels.empty(); }
};

/// The part of a training run that the device needs to know.
struct TrainingOptions {
  std::int64_t batch = 50;  ///< samples per training step; a step may hold fewer, never more
  /// Samples in the last step of an epoch if that step is smaller than the others, else 0. The program
  /// prepares a plan for this size in advance.
  std::int64_t last_batch = 0;
  Optimizer optimizer = Adam{};
  std::uint64_t seed = 0;  ///< for the dropout masks
  ResidentData resident = {};
  /// Samples that evaluate_resident() evaluates where they are. It recognizes views of these arrays by their
  /// addresses, so that they must outlive the program.
  ResidentData resident_validation = {};
};

/// Options for compiling a graph.
struct CompileOptions {
  Precision precision = Precision::fp32;
  bool deterministic = true;  ///< equal inputs give equal bits
  bool capture_steps = true;  ///< capture a step once and replay it, on devices that can
  bool autotune = false;      ///< time candidate algorithms instead of trusting a heuristic
  bool fork_steps = false;    ///< let independent parts of a step run concurrently, on devices that can
  /// Steps that one launch queues, on devices that can keep the data. Above 1 and with resident data, the
  /// program has resident_steps(). 1 with Fused::steps: the program chooses.
  std::int64_t steps_per_launch = 1;
  bool histograms_on_device = false;  ///< the program has histograms(), on devices that can
  Fused fused = Fused::off;  ///< where the graph and the device allow it; else a warning says why not
  /// If empty, the program is for inference: it has no gradients, no moments and no training plan.
  std::optional<TrainingOptions> training = {};
};

/// Device memory by purpose, for the banner and for out-of-memory messages.
struct MemoryUse {
  std::string purpose;  ///< "weights", "gradients", "moments", "activations", "workspaces", "batches", "data"
  std::int64_t bytes = 0;
};

/// The arrays of which observers draw histograms.
enum class Observed { weights, gradients };

/// The implementation of one product of a layer in a training step, or in inference: what a device's library
/// chose, or a kernel of the backend's own.
struct Implementation {
  std::string layer;    ///< the node's name
  std::string product;  ///< "forward", "weight gradient", "data gradient"
  std::string chosen;   ///< the library and its name for what it chose
  std::int64_t workspace_bytes = 0;
};

/// Training steps for which the device finds each batch by itself, in resident data: several are queued at
/// once, and none waits for the host. Results are those of the same batches through the slots, bit for bit.
class ResidentSteps {
 public:
  virtual ~ResidentSteps() = default;
  /// Gives the order of the samples in an epoch, as indices into the resident data: a step takes the next
  /// `batch` of them. The orders of an epoch and of the one after it are kept; steps that are queued already
  /// still read those before.
  virtual void set_order(std::int64_t epoch, std::span<const std::uint32_t> order) = 0;
  /// Takes steps of one epoch from number `first` on, at most `most` (at least 1), and returns how many.
  /// Waits while two launches are pending. Throws Error if the epoch's order is not known.
  virtual std::int64_t train(std::int64_t first, std::int64_t most) = 0;
};

/// A graph compiled for a device. All memory is allocated in advance; no step allocates. Calls that run a
/// step may return before the device has finished; calls that read results wait for it. Not thread-safe,
/// except for HostSlots::wait_until_free. Throws DeviceError if the device fails, and Error if a program
/// that was compiled without TrainingOptions is asked to train.
class Program {
 public:
  virtual ~Program() = default;

  /// Sets or returns all parameters in the graph's canonical order. Setting them does not change the moments.
  virtual void set_parameters(std::span<const float> values) = 0;
  virtual std::vector<float> parameters() = 0;

  /// Sets or returns the optimizer's state: one array per moment, in canonical order. SGD has none, Adam two;
  /// a program for inference has none. All zero before the first step. Setting another number of moments
  /// throws Error.
  virtual void set_moments(std::span<const std::vector<float>> moments) = 0;
  virtual std::vector<std::vector<float>> moments() = 0;

  /// Returns the gradient of the last training step's mean loss in canonical order, for observers. All zero
  /// before the first step, empty if compiled for inference. Evaluation does not change it.
  virtual std::vector<float> gradients() = 0;

  /// Returns one of the graph's parameters.
  virtual std::vector<float> parameter(const Parameter& which) {
    const std::vector<float> all = parameters();
    const std::span<const float> values = which.in(std::span(all));
    return {values.begin(), values.end()};
  }

  /// Returns histograms of the parameters, or of their gradients, in the graph's order, which the device
  /// counted; nothing if it does not, and they can be made from parameters() and gradients() alone.
  virtual std::optional<std::vector<Histogram>> histograms(Observed) { return std::nullopt; }

  /// Returns the ring of slots for incoming batches. Each slot holds a training batch or evaluation_batch()
  /// samples, whichever is larger.
  virtual HostSlots& slots() = 0;
  /// Returns the batch size for evaluation. It depends only on the device and the graph, so that two
  /// evaluations of the same weights add the same numbers in the same order.
  virtual std::int64_t evaluation_batch() const = 0;

  /// Takes one optimizer step on the batch in `slot`: forward with dropout, mean softmax cross-entropy,
  /// backward, update. `step` counts from 0 over the whole run and keys dropout and Adam's bias correction.
  virtual void train_step(const HostSlot& slot, std::int64_t step) = 0;
  /// Returns the way to train without slots, or null if the program has none.
  virtual ResidentSteps* resident_steps() { return nullptr; }
  /// Runs the forward pass without dropout; adds the batch's loss and correct predictions to the metrics.
  virtual void evaluate_batch(const HostSlot& slot) = 0;
  /// Does the same for at most evaluation_batch() samples that are a part of the resident validation data.
  /// Returns false, and does nothing, if they are not.
  virtual bool evaluate_resident(const DatasetView&) { return false; }

  /// Waits for all queued work and reads the sums since the last reset_metrics().
  virtual Metrics metrics() = 0;
  virtual void reset_metrics() = 0;
  /// Restores sums that metrics() returned earlier, bit for bit, so that a run resumed within an epoch gives
  /// the metrics of an uninterrupted run.
  virtual void set_metrics(const Metrics& sums) = 0;

  /// Returns the logits of any number of images (uint8 N×C×H×W) without dropout, as N×classes in row order.
  virtual std::vector<float> logits(std::span<const std::uint8_t> pixels) = 0;

  virtual std::vector<MemoryUse> memory_use() const = 0;

  /// Returns the implementations of all convolutions and dense layers in the graph's order, for reports;
  /// empty if the backend has no choice.
  virtual std::vector<Implementation> implementations() { return {}; }

  /// Mark a named range of the calling thread's work for the device's profiler. Ranges nest.
  virtual void begin_range(const char*) {}
  virtual void end_range() {}
};

/// Marks a profiler range for the lifetime of the object: "epoch", "validation".
class ProgramRange {
 public:
  ProgramRange(Program& program, const char* name) : program_(program) { program_.begin_range(name); }
  ~ProgramRange() { program_.end_range(); }
  ProgramRange(const ProgramRange&) = delete;
  ProgramRange& operator=(const ProgramRange&) = delete;

 private:
  Program& program_;
};

struct DeviceInfo {
  std::string name;         ///< the value for --device: "cpu", "cuda:0"
  std::string description;  ///< "AMD EPYC 9654, 2 threads, AVX-512"
  bool on_host = false;     ///< computes on the host's cores and occupies all of them
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual DeviceInfo info() const = 0;
  virtual std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) = 0;
};

}  // namespace lenet
