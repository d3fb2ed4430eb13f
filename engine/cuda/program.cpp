#include "engine/cuda/program.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string_view>

#include "engine/core/warning.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/nvtx.hpp"
#include "kernels/metrics.hpp"

namespace lenet::cuda {
namespace {

// Large enough to fill any device; the CNN's activations take 90 MB at this size.
constexpr std::int64_t kEvaluationBatch = 1000;

Numerics numerics_of(const CompileOptions& options) {
  return {
      .precision = options.precision, .deterministic = options.deterministic, .autotune = options.autotune};
}

std::size_t confusion_bytes(const Graph& graph) {
  return static_cast<std::size_t>(graph.classes() * graph.classes()) * sizeof(unsigned);
}

/// NVIDIA's libraries obey this variable, whatever a program asks them for.
void warn_of_override(Precision precision) {
  const char* const value = std::getenv("NVIDIA_TF32_OVERRIDE");
  if (precision == Precision::tf32 && value && std::string_view(value) == "0")
    warn("NVIDIA_TF32_OVERRIDE=0 turns TF32 off: --precision tf32 computes in float32");
}

}  // namespace

CudaProgram::CudaProgram(int device, const Graph& graph, const CompileOptions& options)
    : CompiledProgram(graph, options),
      device_(device),
      plan_cache_(stream_.get(), numerics_of(options)),
      parameters_(graph, layout_for(graph), options, stream_.get(), memory_),
      metrics_(memory_.allocate("metrics", sizeof(kernels::DeviceMetrics))),
      confusion_(memory_.allocate("metrics", confusion_bytes(graph))),
      counter_(memory_, stream_.get()),
      slots_(device, slot_capacity(kEvaluationBatch), graph.input_count(), memory_) {
  warn_of_override(options.precision);
  if (options.training && options.fork_steps) side_.emplace();
  reset_metrics();
  if (options.training) {
    training_data_ = keep(training().resident);
    validation_data_ = keep(training().resident_validation);
    choose_fused();
    // Fused steps take every full batch, so that its plan is built only if something asks for it.
    if (!fused_steps_) plan(training().batch, Mode::training);
  }
  plan(kEvaluationBatch, Mode::inference);
  plan_cache_.stop_autotuning();  // batches of other sizes are too few to pay for it
  if (options.training && training().last_batch > 0) plan(training().last_batch, Mode::training);
  if (options.training && !training().resident.empty() && (fused_steps_ || options.steps_per_launch > 1))
    prepare_resident_steps();
  if (options.training && options.histograms_on_device) prepare_histograms();
}

// Members are destroyed in reverse order: captured steps and plans before the memory that they point to. By
// then nothing may run.
CudaProgram::~CudaProgram() {
  if (side_) static_cast<void>(cudaStreamSynchronize(side_->stream.get()));
  static_cast<void>(cudaStreamSynchronize(stream_.get()));
}

CudaProgram::KeptData CudaProgram::keep(const ResidentData& data) {
  const auto copied = [&](std::span<const std::uint8_t> from) {
    DeviceBuffer to = memory_.allocate("data", from.size());
    cuda::upload(std::as_bytes(from), to, stream_.get());
    return to;
  };
  if (data.empty()) return {};
  return {.pixels = copied(data.pixels), .labels = copied(data.labels)};
}

void CudaProgram::choose_fused() {
  const auto refuse = [](Fused what, const std::string& why) {
    warn("--fused " + std::string(fused_name(what)) +
         " does not suit this network, which is trained without it: " + why);
  };
  switch (options().fused) {
    case Fused::off:
      return;
    case Fused::head: {
      const std::string why = why_no_head(graph());
      fuse_head_ = why.empty();
      if (!fuse_head_) refuse(Fused::head, why);
      return;
    }
    case Fused::steps:
      if (training().resident.empty()) return refuse(Fused::steps, "its data are not on the device");
      const FusedFit fit = fit_fused_steps(graph(), options());
      if (!fit.refusal.empty()) return refuse(Fused::steps, fit.refusal);
      fused_steps_.emplace(fit, training(), parameters_,
                           FusedSteps::Setting{.stream = stream_.get(),
                                               .data = training_data_.from(0, graph().input_count()),
                                               .state = counter_.state(),
                                               .metrics = metrics_.as<kernels::DeviceMetrics>()},
                           memory_);
  }
}

void CudaProgram::prepare_resident_steps() {
  // A launch of fused steps costs as much as two of them.
  constexpr std::int64_t kFusedSteps = 100;
  const bool few = fused_steps_ && options().steps_per_launch == 1;
  resident_steps_.emplace(
      CudaResidentSteps::Setting{
          .device = device_,
          .stream = stream_.get(),
          .data = training_data_.from(0, graph().input_count()),
          .samples = static_cast<std::int64_t>(training().resident.labels.size()),
          .batch = training().batch,
          .steps = few ? kFusedSteps : options().steps_per_launch,
          .captured = options().capture_steps,
          .fused = fused_steps_ ? &*fused_steps_ : nullptr,
          .counter = &counter_,
          .plan = [this](std::int64_t batch) -> Plan& { return plan(batch, Mode::training); }},
      memory_);
}

Plan& CudaProgram::plan(std::int64_t batch, Mode mode) {
  return plans_.get(batch, mode, [&](std::int64_t size, Mode) {
    const Resources resources{.stream = stream_.get(),
                              .plan_cache = &plan_cache_,
                              .memory = &memory_,
                              .parameters = &parameters_,
                              .metrics = metrics_.as<kernels::DeviceMetrics>(),
                              .confusion = confusion_.as<unsigned>(),
                              .state = counter_.state(),
                              .side = side_ ? &*side_ : nullptr,
                              .fuse_head = fuse_head_};
    return std::make_unique<Plan>(resources, graph(), mode == Mode::training ? &training() : nullptr, size);
  });
}

std::vector<Implementation> CudaProgram::implementations() {
  if (fused_steps_) return fused_steps_->implementations();
  return (options().training ? plan(training().batch, Mode::training)
                             : plan(kEvaluationBatch, Mode::inference))
      .implementations();
}

std::int64_t CudaProgram::evaluation_batch() const { return kEvaluationBatch; }

DeviceBatch CudaProgram::upload(const HostSlot& slot) {
  DeviceBatch batch = slots_.upload(slot, stream_.get());
  if (slot.by_index) {
    const std::uint32_t* const index = batch.sample_index;
    batch = training_data_.from(0, graph().input_count());
    batch.sample_index = index;
  }
  return batch;
}

void CudaProgram::train_step(const HostSlot& slot, std::int64_t step) {
  const NvtxRange range("step");
  training();  // throws in inference
  select_device();
  counter_.expect(step);
  run_step(slot, upload(slot));
  slots_.release(slot, stream_.get());
  counter_.advance(1);
}

void CudaProgram::run_step(const HostSlot& slot, const DeviceBatch& batch) {
  Plan& step_plan = plan(slot.count, Mode::training);
  const StepKey key{slot.index, slot.count, slot.by_index};
  // The first step of its kind runs eagerly: libraries may load code and allocate, which capture forbids.
  const bool cold = warm_.insert({slot.count, slot.by_index}).second;
  if (cold || !options().capture_steps) return step_plan.train(batch);
  auto found = graphs_.find(key);
  if (found == graphs_.end())
    found = graphs_.emplace(key, StepGraph(stream_.get(), [&] { step_plan.train(batch); })).first;
  found->second.launch(stream_.get());
}

void CudaProgram::evaluate_batch(const HostSlot& slot) {
  const NvtxRange range("evaluate");
  select_device();
  evaluated_ = true;
  plan(slot.count, Mode::inference).evaluate(upload(slot));
  slots_.release(slot, stream_.get());
}

bool CudaProgram::evaluate_resident(const DatasetView& samples) {
  if (!options().training || samples.labels.empty()) return false;
  const std::span<const std::uint8_t> kept = training().resident_validation.labels;
  const std::uint8_t* const begin = samples.labels.data();
  const auto is_before = std::less<const std::uint8_t*>();  // of pointers into whatever arrays
  if (is_before(begin, kept.data()) || is_before(kept.data() + kept.size(), begin + samples.labels.size()))
    return false;
  const std::int64_t first = begin - kept.data();
  const NvtxRange range("evaluate");
  select_device();
  evaluated_ = true;
  plan(samples.count(), Mode::inference).evaluate(validation_data_.from(first, graph().input_count()));
  return true;
}

std::vector<float> CudaProgram::parameter(const Parameter& which) {
  select_device();
  const std::span<const Parameter> all = graph().parameters();
  const auto found = std::ranges::find(all, which.name, &Parameter::name);
  return parameters_.export_parameter(Parameters::kWeights, static_cast<int>(found - all.begin()));
}

std::optional<std::vector<Histogram>> CudaProgram::histograms(Observed of) {
  if (!options().training || !options().histograms_on_device) return std::nullopt;
  const NvtxRange range("histograms");
  select_device();
  const std::size_t array = of == Observed::weights ? Parameters::kWeights : Parameters::kGradients;
  std::vector<Histogram> found;
  for (const Parameter& parameter : graph().parameters())
    found.push_back(histogram(
        {.data = parameters_.at(array, static_cast<int>(found.size())), .count = parameter.count()}));
  return found;
}

// Takes the memory that the largest histogram needs.
void CudaProgram::prepare_histograms() {
  const auto largest = std::ranges::max_element(graph().parameters(), {}, &Parameter::count);
  if (largest == graph().parameters().end()) return;
  const auto index = static_cast<int>(largest - graph().parameters().begin());
  const kernels::DeviceValues zeros{.data = parameters_.at(Parameters::kWeights, index),
                                    .count = largest->count()};
  BucketCounts counts{};
  LENET_CHECK(kernels::count_values(zeros, {.min = 0, .max = 1, .finite = zeros.count}, scratch_,
                                    stream_.get(), counts));
}

Histogram CudaProgram::histogram(const kernels::DeviceValues& values) {
  ValueRange range;
  BucketCounts counts{};
  LENET_CHECK(kernels::find_value_range(values, scratch_, stream_.get(), range));
  if (range.min < range.max)
    LENET_CHECK(kernels::count_values(values, range, scratch_, stream_.get(), counts));
  return histogram_of(range, counts);
}

Metrics CudaProgram::metrics() {
  select_device();
  kernels::DeviceMetrics sums;
  std::vector<unsigned> confusion(static_cast<std::size_t>(graph().classes() * graph().classes()));
  LENET_CHECK(cudaMemcpyAsync(&sums, metrics_.data(), sizeof sums, cudaMemcpyDeviceToHost, stream_.get()));
  LENET_CHECK(cudaMemcpyAsync(confusion.data(), confusion_.data(), confusion_bytes(graph()),
                              cudaMemcpyDeviceToHost, stream_.get()));
  LENET_CHECK(cudaStreamSynchronize(stream_.get()));
  if (evaluated_ && !parameters_are_finite()) sums.loss_sum = std::numeric_limits<double>::quiet_NaN();
  return {.loss_sum = sums.loss_sum,
          .correct = sums.correct,
          .count = sums.count,
          .first_nonfinite_step = sums.first_nonfinite_step,
          .confusion = evaluated_ ? std::vector<std::int64_t>(confusion.begin(), confusion.end())
                                  : std::vector<std::int64_t>{}};
}

void CudaProgram::set_metrics(const Metrics& sums) {
  select_device();
  const kernels::DeviceMetrics on_device{.loss_sum = sums.loss_sum,
                                         .correct = sums.correct,
                                         .count = sums.count,
                                         .first_nonfinite_step = sums.first_nonfinite_step};
  evaluated_ = !sums.confusion.empty();
  std::vector<unsigned> confusion(sums.confusion.begin(), sums.confusion.end());
  confusion.resize(static_cast<std::size_t>(graph().classes() * graph().classes()));
  cuda::upload(std::as_bytes(std::span(&on_device, 1)), metrics_, stream_.get());
  cuda::upload(std::as_bytes(std::span(confusion)), confusion_, stream_.get());
}

void CudaProgram::append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) {
  const auto sample = static_cast<std::size_t>(graph().input_count());
  if (!pixels_.data())
    pixels_ = memory_.allocate("batches", static_cast<std::size_t>(kEvaluationBatch) * sample);
  LENET_CHECK(
      cudaMemcpyAsync(pixels_.data(), pixels.data(), pixels.size(), cudaMemcpyHostToDevice, stream_.get()));
  Plan& evaluation = plan(static_cast<std::int64_t>(pixels.size() / sample), Mode::inference);
  evaluation.evaluate({.pixels = pixels_.as<std::uint8_t>()});
  std::vector<float> part(pixels.size() / sample * static_cast<std::size_t>(graph().classes()));
  LENET_CHECK(cudaMemcpyAsync(part.data(), evaluation.logits(), part.size() * sizeof(float),
                              cudaMemcpyDeviceToHost, stream_.get()));
  LENET_CHECK(cudaStreamSynchronize(stream_.get()));
  logits.insert(logits.end(), part.begin(), part.end());
}

}  // namespace lenet::cuda
