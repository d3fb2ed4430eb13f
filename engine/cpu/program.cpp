#include "engine/cpu/program.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/error.hpp"
#include "engine/cpu/team.hpp"
#include "kernels/softmax_cross_entropy.hpp"

namespace lenet::cpu {
namespace {

// Large enough to use every core, small enough to keep most activations in cache: those of the CNN take 17 MB
// at this size.
constexpr std::int64_t kEvaluationBatch = 100;

}  // namespace

CpuProgram::CpuProgram(const Graph& graph, const CompileOptions& options, int threads)
    : CompiledProgram(graph, options),
      threads_(threads),
      engine_(dnnl::engine::kind::cpu, 0),
      stream_(engine_),
      layouts_(graph.parameters().size()),
      slots_(slot_capacity(kEvaluationBatch), graph.input_count()) {
  select_device();
  // Builds the first plan, which sets the layouts of the parameters; they are allocated next.
  Plan& first =
      options.training ? plan(training().batch, Mode::training) : plan(kEvaluationBatch, Mode::inference);
  parameters_ = std::make_unique<Parameters>(stream_, graph, layouts_, Parameters::count(options));
  first.bind(*parameters_);
  if (options.training && !training().resident.empty()) {
    gathered_pixels_.resize(static_cast<std::size_t>(training().batch * graph.input_count()));
    gathered_labels_.resize(static_cast<std::size_t>(training().batch));
  }
}

void CpuProgram::select_device() { require_team(threads_); }

Plan& CpuProgram::plan(std::int64_t batch, Mode mode) {
  return plans_.get(batch, mode, [&](std::int64_t size, Mode) {
    const bool for_training = mode == Mode::training;
    const PlanOptions plan_options{.training = for_training, .seed = for_training ? training().seed : 0};
    auto made = std::make_unique<Plan>(engine_, graph(), size, plan_options, layouts_);
    if (parameters_) made->bind(*parameters_);
    return made;
  });
}

std::vector<Implementation> CpuProgram::implementations() {
  return (options().training ? plan(training().batch, Mode::training)
                             : plan(kEvaluationBatch, Mode::inference))
      .implementations();
}

std::int64_t CpuProgram::evaluation_batch() const { return kEvaluationBatch; }

CpuProgram::Batch CpuProgram::read(const HostSlot& slot) {
  const auto count = static_cast<std::size_t>(slot.count);
  const std::size_t bytes = count * static_cast<std::size_t>(graph().input_count());
  if (!slot.by_index) return {slot.pixels.first(bytes), slot.labels.first(count)};
  gather(slot);
  return {std::span(gathered_pixels_).first(bytes), std::span(gathered_labels_).first(count)};
}

void CpuProgram::gather(const HostSlot& slot) {
  const ResidentData& resident = training().resident;
  const auto sample = static_cast<std::size_t>(graph().input_count());
  for (std::size_t i = 0; i < static_cast<std::size_t>(slot.count); ++i) {
    const std::size_t from = slot.sample_index[i];
    std::ranges::copy(resident.pixels.subspan(from * sample, sample),
                      gathered_pixels_.begin() + static_cast<std::ptrdiff_t>(i * sample));
    gathered_labels_[i] = resident.labels[from];
  }
}

void CpuProgram::train_step(const HostSlot& slot, std::int64_t step) {
  const Optimizer& optimizer = training().optimizer;
  select_device();
  const Batch batch = read(slot);
  Plan& plan_for_batch = plan(slot.count, Mode::training);
  const StepContext context{.stream = stream_, .step = step};
  const auto logits = plan_for_batch.forward(context, batch.pixels);
  const double loss = add_loss(logits, batch.labels, Mode::training, plan_for_batch.logit_gradients());
  plan_for_batch.backward(context);
  const bool weights_are_finite = parameters_->update(optimizer, step);
  // Checks the weights as well, because oneDNN's ReLU and pooling may turn NaN into a number, and the loss is
  // then finite.
  if ((!std::isfinite(loss) || !weights_are_finite) && metrics_.first_nonfinite_step < 0)
    metrics_.first_nonfinite_step = step;
}

void CpuProgram::evaluate_batch(const HostSlot& slot) {
  select_device();
  const Batch batch = read(slot);
  add_loss(plan(slot.count, Mode::inference).forward({.stream = stream_}, batch.pixels), batch.labels,
           Mode::inference, {});
}

double CpuProgram::add_loss(std::span<const float> logits, std::span<const std::uint8_t> labels, Mode mode,
                            std::span<float> gradients) {
  const auto classes = static_cast<std::size_t>(graph().classes());
  const float scale = 1.0f / static_cast<float>(labels.size());
  if (mode == Mode::inference) metrics_.confusion.resize(classes * classes);
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* const row = &logits[i * classes];
    const kernels::RowLoss found = kernels::row_loss(row, static_cast<std::int32_t>(classes), labels[i]);
    sum += static_cast<double>(found.loss);
    metrics_.correct += found.predicted == labels[i];
    if (mode == Mode::inference)
      ++metrics_.confusion[labels[i] * classes + static_cast<std::size_t>(found.predicted)];
    for (std::size_t k = 0; !gradients.empty() && k < classes; ++k)
      gradients[i * classes + k] = kernels::logit_gradient(found, row[k], k == labels[i], scale);
  }
  if (!parameters_are_finite()) sum = std::numeric_limits<double>::quiet_NaN();
  metrics_.loss_sum += sum;
  metrics_.count += static_cast<std::int64_t>(labels.size());
  return sum;
}

void CpuProgram::append_logits(std::span<const std::uint8_t> pixels, std::vector<float>& logits) {
  const std::int64_t count = std::ssize(pixels) / graph().input_count();
  const auto part = plan(count, Mode::inference).forward({.stream = stream_}, pixels);
  logits.insert(logits.end(), part.begin(), part.end());
}

std::vector<MemoryUse> CpuProgram::memory_use() const {
  std::int64_t activations = 0;
  for (const auto& [key, made] : plans_) activations += made->bytes();
  std::vector<MemoryUse> use{{"weights", parameters_->bytes_per_array()}};
  if (options().training) {
    const auto moments = static_cast<std::int64_t>(parameters_->arrays()) - 2;
    use.push_back({"gradients", parameters_->bytes_per_array()});
    use.push_back({"moments", moments * parameters_->bytes_per_array()});
  }
  use.push_back({"activations", activations});
  use.push_back({"batches", slots_.bytes()});
  return use;
}

}  // namespace lenet::cpu
