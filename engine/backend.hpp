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
#include "engine/core/metrics.hpp"
#include "engine/graph/graph.hpp"
#include "engine/graph/recipe.hpp"

/// The one interface between the trainer and a device. The trainer knows Backend and Program; what is behind
/// them (oneDNN, cuDNN) it never learns.
namespace lenet {

enum class Precision {
  fp32,  ///< float32 throughout
  tf32,  ///< float32 storage, products rounded to TF32 on tensor cores
  bf16,  ///< bfloat16 arithmetic, float32 master weights and moments
};

/// As --precision takes them, in the enumeration's order.
inline constexpr std::array<std::string_view, 3> kPrecisionNames = {"fp32", "tf32", "bf16"};
constexpr std::string_view precision_name(Precision precision) {
  return kPrecisionNames[static_cast<std::size_t>(precision)];
}

/// Samples that a training program keeps on the device (uint8 N×C×H×W, one label each). Steps whose slot says
/// `by_index` gather from them. Empty: every batch comes through the slots.
struct ResidentData {
  std::span<const std::uint8_t> pixels = {};
  std::span<const std::uint8_t> labels = {};

  bool empty() const { return pixels.empty(); }
};

/// A training run, as far as its device has to know it.
struct TrainingOptions {
  std::int64_t batch = 50;  ///< samples per training step; a step may hold fewer, never more
  /// Samples in an epoch's last step if it is a short one, so that what it needs is made ready, too.
  std::int64_t last_batch = 0;
  Optimizer optimizer = Adam{};
  std::uint64_t seed = 0;  ///< of the dropout masks
  ResidentData resident = {};
};

/// How a device compiles a graph.
struct CompileOptions {
  Precision precision = Precision::fp32;
  bool deterministic = true;  ///< the same inputs give the same bits
  bool capture_steps = true;  ///< replay a step as one CUDA graph, where the device has such a thing
  bool autotune = false;      ///< time the candidate algorithms instead of asking a heuristic
  /// Without it the program is for inference: it has no gradients, no moments and no training plan.
  std::optional<TrainingOptions> training = {};
};

/// Device memory by purpose, for the banner and for out-of-memory messages.
struct MemoryUse {
  std::string purpose;  ///< "weights", "gradients", "moments", "activations", "workspaces", "batches", "data"
  std::int64_t bytes = 0;
};

/// A graph compiled for a device: all memory is there, no step allocates. Steps are queued and may return
/// before they are done; whatever reads results waits for them. Not safe for use from several threads, except
/// for HostSlots::wait_until_free. Errors of the device are DeviceErrors; training a program that was
/// compiled without TrainingOptions is an Error.
class Program {
 public:
  virtual ~Program() = default;

  /// All parameters in the graph's canonical order. Setting them leaves the moments alone.
  virtual void set_parameters(std::span<const float> values) = 0;
  virtual std::vector<float> parameters() = 0;

  /// The optimizer's state, one array per moment in canonical order: none for SGD, first and second for Adam,
  /// none without training. All zero at first. Throws Error for another number of moments.
  virtual void set_moments(std::span<const std::vector<float>> moments) = 0;
  virtual std::vector<std::vector<float>> moments() = 0;

  /// The gradient of the last training step's mean loss in canonical order, for observers. All zero before
  /// the first step, empty without training; evaluation leaves it alone.
  virtual std::vector<float> gradients() = 0;

  /// The ring through which batches come. Its slots hold a training batch or `evaluation_batch` samples,
  /// whichever is more.
  virtual HostSlots& slots() = 0;
  /// The batch size that this device evaluates best with. Fixed for a device and a graph, so that two
  /// evaluations of the same weights add up the same numbers in the same order.
  virtual std::int64_t evaluation_batch() const = 0;

  /// One optimizer step on the batch in `slot`: forward with dropout, mean softmax cross-entropy, backward,
  /// update. `step` counts from 0 over the whole run and keys dropout and Adam's bias correction.
  virtual void train_step(const HostSlot& slot, std::int64_t step) = 0;
  /// Forward without dropout; adds the batch's loss and correct predictions to the metrics.
  virtual void evaluate_batch(const HostSlot& slot) = 0;

  /// Waits for all queued work and reads the sums since the last reset_metrics().
  virtual Metrics metrics() = 0;
  virtual void reset_metrics() = 0;
  /// Puts back sums that metrics() once gave; they go on from there as if they had never been read away, bit
  /// for bit. So a run that is resumed within an epoch reports what an uninterrupted one does.
  virtual void set_metrics(const Metrics& sums) = 0;

  /// Logits of any number of images (N×C×H×W uint8) without dropout: N×classes, row by row.
  virtual std::vector<float> logits(std::span<const std::uint8_t> pixels) = 0;

  virtual std::vector<MemoryUse> memory_use() const = 0;

  /// Name what the calling thread does between the two, for the device's profiler. They nest.
  virtual void begin_range(const char*) {}
  virtual void end_range() {}
};

/// Such a range for a scope: "epoch", "validation".
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
  std::string name;         ///< as `--device` takes it: "cpu", "cuda:0"
  std::string description;  ///< "AMD EPYC 9654, 2 threads, AVX-512, oneDNN 2.6.3"
  bool on_host = false;     ///< computes on this machine's cores, and leaves none to spare
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual DeviceInfo info() const = 0;
  virtual std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) = 0;
};

}  // namespace lenet
