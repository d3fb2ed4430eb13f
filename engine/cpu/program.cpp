#include "engine/cpu/program.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"
#include "engine/cpu/loops.hpp"
#include "engine/cpu/team.hpp"
#include "kernels/softmax_cross_entropy.hpp"

namespace lenet::cpu {
namespace {

// Large enough to keep every core busy, small enough that the activations stay near the caches: the CNN's
// take 17 MB at this size.
constexpr std::int64_t kEvaluationBatch = 100;

int moments_of(const Optimizer& optimizer) { return std::holds_alternative<Adam>(optimizer) ? 2 : 0; }

}  // namespace

CpuProgram::CpuProgram(const Graph& graph, const CompileOptions& options, int threads)
    : graph_(graph),
      options_(options),
      threads_(threads),
      engine_(dnnl::engine::kind::cpu, 0),
      stream_(engine_),
      layouts_(graph.parameters().size()),
      slots_(std::max(options.batch, kEvaluationBatch), graph.input_count()) {
  require_team(threads_);
  Plan& training = plan(options.batch, true);
  parameters_ = std::make_unique<Parameters>(engine_, graph_, layouts_, moments_of(options.optimizer));
  training.bind(*parameters_);
  if (!options.resident_pixels.empty()) {
    gathered_pixels_.resize(static_cast<std::size_t>(options.batch * graph.input_count()));
    gathered_labels_.resize(static_cast<std::size_t>(options.batch));
  }
}

Plan& CpuProgram::plan(std::int64_t batch, bool training) {
  std::unique_ptr<Plan>& found = plans_[{batch, training}];
  if (!found) {
    found = std::make_unique<Plan>(engine_, graph_, batch, training, layouts_);
    if (parameters_) found->bind(*parameters_);
  }
  return *found;
}

StepContext CpuProgram::context(std::int64_t step, bool training) {
  require_team(threads_);
  return {.stream = stream_, .seed = options_.seed, .step = step, .training = training};
}

void CpuProgram::set_parameters(std::span<const float> values) {
  parameters_->import_array(stream_, Parameters::weights, values);
}

std::vector<float> CpuProgram::parameters() {
  return parameters_->export_array(stream_, Parameters::weights);
}

void CpuProgram::set_moments(std::span<const std::vector<float>> moments) {
  if (static_cast<int>(moments.size()) != parameters_->moments())
    throw Error("the optimizer keeps " + std::to_string(parameters_->moments()) + " moments, not " +
                std::to_string(moments.size()));
  for (std::size_t i = 0; i < moments.size(); ++i)
    parameters_->import_array(stream_, i == 0 ? Parameters::moment1 : Parameters::moment2, moments[i]);
}

std::vector<std::vector<float>> CpuProgram::moments() {
  if (parameters_->moments() == 0) return {};
  return {parameters_->export_array(stream_, Parameters::moment1),
          parameters_->export_array(stream_, Parameters::moment2)};
}

std::vector<float> CpuProgram::gradients() {
  return parameters_->export_array(stream_, Parameters::gradients);
}

std::int64_t CpuProgram::evaluation_batch() const { return kEvaluationBatch; }

CpuProgram::Batch CpuProgram::read(const HostSlot& slot) {
  const auto count = static_cast<std::size_t>(slot.count);
  const std::size_t bytes = count * static_cast<std::size_t>(graph_.input_count());
  if (!slot.by_index) return {slot.pixels.first(bytes), slot.labels.first(count)};
  gather(slot);
  return {std::span(gathered_pixels_).first(bytes), std::span(gathered_labels_).first(count)};
}

void CpuProgram::gather(const HostSlot& slot) {
  const auto sample = static_cast<std::size_t>(graph_.input_count());
  for (std::size_t i = 0; i < static_cast<std::size_t>(slot.count); ++i) {
    const std::size_t from = slot.sample_index[i];
    std::ranges::copy(options_.resident_pixels.subspan(from * sample, sample),
                      gathered_pixels_.begin() + static_cast<std::ptrdiff_t>(i * sample));
    gathered_labels_[i] = options_.resident_labels[from];
  }
}

void CpuProgram::train_step(const HostSlot& slot, std::int64_t step) {
  const Batch batch = read(slot);
  Plan& training = plan(slot.count, true);
  const StepContext now = context(step, true);
  const auto logits = training.forward(now, batch.pixels);
  const double loss = add_loss(logits, batch.labels, training.logit_gradients());
  if (!std::isfinite(loss) && metrics_.first_bad_step < 0) metrics_.first_bad_step = step;
  training.backward(now);
  parameters_->update(options_.optimizer, step);
}

void CpuProgram::evaluate_batch(const HostSlot& slot) {
  const Batch batch = read(slot);
  const auto logits = plan(slot.count, false).forward(context(0, false), batch.pixels);
  add_loss(logits, batch.labels, {});
  add_confusion(logits, batch.labels);
}

double CpuProgram::add_loss(std::span<const float> logits, std::span<const std::uint8_t> labels,
                            std::span<float> gradients) {
  const auto classes = static_cast<std::size_t>(graph_.classes());
  const float scale = 1.0f / static_cast<float>(labels.size());
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* const row = &logits[i * classes];
    const kernels::RowLoss found = kernels::row_loss(row, static_cast<std::int32_t>(classes), labels[i]);
    sum += static_cast<double>(found.loss);
    metrics_.correct += found.chosen == labels[i];
    if (gradients.empty()) continue;
    for (std::size_t k = 0; k < classes; ++k)
      gradients[i * classes + k] = kernels::logit_gradient(found, row[k], k == labels[i], scale);
  }
  metrics_.loss_sum += sum;
  metrics_.count += static_cast<std::int64_t>(labels.size());
  return sum;
}

void CpuProgram::add_confusion(std::span<const float> logits, std::span<const std::uint8_t> labels) {
  const auto classes = static_cast<std::size_t>(graph_.classes());
  metrics_.confusion.resize(classes * classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = logits.subspan(i * classes, classes);
    const auto chosen = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    ++metrics_.confusion[labels[i] * classes + chosen];
  }
}

std::vector<float> CpuProgram::logits(std::span<const std::uint8_t> pixels) {
  const auto sample = static_cast<std::size_t>(graph_.input_count());
  const StepContext now = context(0, false);
  std::vector<float> all;
  all.reserve(pixels.size() / sample * static_cast<std::size_t>(graph_.classes()));
  while (!pixels.empty()) {
    const std::size_t count = std::min(pixels.size() / sample, static_cast<std::size_t>(kEvaluationBatch));
    const auto part =
        plan(static_cast<std::int64_t>(count), false).forward(now, pixels.first(count * sample));
    all.insert(all.end(), part.begin(), part.end());
    pixels = pixels.subspan(count * sample);
  }
  return all;
}

std::vector<MemoryUse> CpuProgram::memory_use() const {
  std::int64_t activations = 0;
  for (const auto& [key, made] : plans_) activations += made->bytes();
  return {{"weights", parameters_->bytes(Parameters::weights)},
          {"gradients", parameters_->bytes(Parameters::gradients)},
          {"moments", parameters_->bytes(Parameters::moment1) + parameters_->bytes(Parameters::moment2)},
          {"activations", activations},
          {"batches", slots_.bytes()}};
}

}  // namespace lenet::cpu
