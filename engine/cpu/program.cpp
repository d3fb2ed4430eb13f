#include "engine/cpu/program.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/error.hpp"

namespace lenet::cpu {
namespace {

// Large enough to use every core, small enough to keep most activations in cache: those of the CNN take 5 MB
// at this size.
constexpr std::int64_t kEvaluationBatch = 100;

}  // namespace

CpuProgram::CpuProgram(const Graph& graph, const CompileOptions& options, const Kernels& kernels, int threads)
    : CompiledProgram(graph, options),
      kernels_(kernels),
      team_(std::make_unique<Team>(threads)),
      slots_(slot_capacity(kEvaluationBatch), graph.input_count()) {
  if (options.training) {
    const PlanOptions plan{
        .threads = threads, .capacity = training().batch, .training = true, .seed = training().seed};
    training_plan_ = std::make_unique<Plan>(graph, kernels_, plan);
  } else {
    inference_plan_ = std::make_unique<Plan>(
        graph, kernels_, PlanOptions{.threads = team_->threads(), .capacity = kEvaluationBatch});
  }
  parameters_ =
      std::make_unique<Parameters>(graph, first_plan().parameter_layouts(), ParameterArrays::count(options));
  first_plan().bind(*parameters_);
}

Plan& CpuProgram::inference_plan() {
  if (!inference_plan_) {
    inference_plan_ = std::make_unique<Plan>(
        graph(), kernels_, PlanOptions{.threads = team_->threads(), .capacity = kEvaluationBatch});
    inference_plan_->bind(*parameters_);
  }
  return *inference_plan_;
}

std::int64_t CpuProgram::evaluation_batch() const { return kEvaluationBatch; }

StepContext CpuProgram::context_of(const HostSlot& slot) const {
  StepContext context{.pixels_per_sample = graph().input_count(), .count = slot.count};
  if (slot.by_index) {
    context.pixels = training().resident.pixels.data();
    context.labels = training().resident.labels.data();
    context.index = slot.sample_index.data();
  } else {
    context.pixels = slot.pixels.data();
    context.labels = slot.labels.data();
  }
  return context;
}

void CpuProgram::train_step(const HostSlot& slot, std::int64_t step) {
  const Optimizer& optimizer = training().optimizer;
  std::atomic<bool> weights_are_finite = true;
  StepContext context = context_of(slot);
  context.step = step;
  context.rule = parameters_->with_arrays(update_rule(optimizer, step));
  context.finite = &weights_are_finite;
  training_plan_->run(*team_, context);
  last_count_ = slot.count;
  const double loss = add_loss(*training_plan_, context);
  // Checks the weights as well: the loss is that before the update.
  if ((!std::isfinite(loss) || !weights_are_finite) && metrics_.first_nonfinite_step < 0)
    metrics_.first_nonfinite_step = step;
}

void CpuProgram::evaluate_batch(const HostSlot& slot) {
  StepContext context = context_of(slot);
  for (std::int64_t left = slot.count; left > 0; left -= kEvaluationBatch) {
    context.count = std::min(left, kEvaluationBatch);
    inference_plan().run(*team_, context);
    add_loss(inference_plan(), context);
    context.skip(context.count);
  }
}

double CpuProgram::add_loss(const Plan& plan, const StepContext& context) {
  double sum = plan.loss().add_to(metrics_, context, &plan == inference_plan_.get());
  if (!parameters_are_finite()) sum = std::numeric_limits<double>::quiet_NaN();
  metrics_.loss_sum += sum;
  return sum;
}

void CpuProgram::append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) {
  const StepContext context{.pixels = pixels.data(),
                            .pixels_per_sample = graph().input_count(),
                            .count = std::ssize(pixels) / graph().input_count()};
  inference_plan().run(*team_, context);
  const auto part = inference_plan().loss().logits(context.count);
  logits.insert(logits.end(), part.begin(), part.end());
}

void CpuProgram::import_array(std::size_t array, std::span<const float> canonical) {
  parameters_->import_array(array, canonical);
  if (array == kWeights) first_plan().weights_changed();
}

std::vector<float> CpuProgram::export_array(std::size_t array) const {
  if (array == kGradients) compute_gradients();
  return parameters_->export_array(array);
}

// A step does not store its gradients: what they are computed from stays in the plan until the next step.
void CpuProgram::compute_gradients() const {
  parameters_->keep_gradients();
  if (last_count_ == 0) return;  // zeros
  StepContext context{.pixels_per_sample = graph().input_count(), .count = last_count_};
  context.rule = parameters_->with_arrays({.kind = UpdateRule::Kind::store});
  training_plan_->update_again(*team_, context);
}

std::vector<MemoryUse> CpuProgram::memory_use() const {
  std::int64_t activations = 0;
  for (const Plan* const plan : {training_plan_.get(), inference_plan_.get()})
    if (plan) activations += plan->bytes();
  std::vector<MemoryUse> use{{"weights", parameters_->bytes_per_array()}};
  if (options().training)
    use.push_back(
        {"moments", static_cast<std::int64_t>(parameters_->moments()) * parameters_->bytes_per_array()});
  use.push_back({"activations", activations});
  use.push_back({"batches", slots_.bytes()});
  return use;
}

}  // namespace lenet::cpu
