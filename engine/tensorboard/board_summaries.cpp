#include "engine/tensorboard/board_summaries.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

#include "engine/core/overloaded.hpp"
#include "engine/core/text.hpp"

namespace lenet::tensorboard {

namespace {

const std::string kLoss = "evaluation/loss";
const std::string kAccuracy = "evaluation/accuracy";
const std::string kBestLoss = "result/best_val_loss";
const std::string kBestAccuracy = "result/best_val_accuracy";

std::vector<Summary> scalars_of(const Metrics& metrics) {
  return {{kLoss, Scalar{metrics.loss()}}, {kAccuracy, Scalar{metrics.accuracy()}}};
}

/// Returns "18 epochs" or "20,000 steps".
std::string length_text(const train::RunLength& length) {
  const std::int64_t count = length.total_steps / (length.by_steps ? 1 : length.steps_per_epoch);
  return fmt::format("{} {}{}", with_thousands(count), length.by_steps ? "step" : "epoch",
                     count == 1 ? "" : "s");
}

}  // namespace

std::vector<Summary> training_scalars(const train::Evaluation& evaluation) {
  return scalars_of(evaluation.training);
}

std::vector<Summary> validation_scalars(const train::Evaluation& evaluation) {
  return scalars_of(evaluation.validation);
}

std::vector<Summary> best_scalars(const train::Evaluation& evaluation) {
  return {{kBestLoss, Scalar{evaluation.state.best_val_loss}},
          {kBestAccuracy, Scalar{evaluation.state.best_val_accuracy}}};
}

std::vector<Summary> step_scalars(double loss, double images_per_second, double learning_rate) {
  const std::string group(kSteps);
  return {{group + "loss", Scalar{loss}},
          {group + "images_per_second", Scalar{images_per_second}},
          {group + "learning_rate", Scalar{learning_rate}}};
}

ObservedValues observed_values(Program& program, Observed of) {
  if (std::optional<std::vector<Histogram>> counted = program.histograms(of)) return *std::move(counted);
  return of == Observed::weights ? program.parameters() : program.gradients();
}

std::vector<Summary> histograms(const Graph& graph, const ObservedValues& values, std::string_view suffix) {
  std::vector<Summary> summaries;
  for (const Parameter& parameter : graph.parameters()) {
    std::string tag = parameter.name;
    std::ranges::replace(tag, '.', '/');  // a layer is a group of tags
    const std::size_t index = summaries.size();
    summaries.push_back(
        {fmt::format("weights/{}{}", tag, suffix),
         std::visit(Overloaded{[&](const std::vector<float>& all) {
                                 return histogram_of(parameter.in(std::span(all)));
                               },
                               [&](const std::vector<Histogram>& counted) { return counted[index]; }},
                    values)});
  }
  return summaries;
}

Summary configuration(const train::RunInfo& run) {
  return {std::string(kConfigurationTag),
          Text{fmt::format("Trained on `{}`, {}.\n\n```toml\n{}\n```\n", run.device.name,
                           run.device.description, run.config)}};
}

// Models without dropout have the rate 0, so that every run has every column.
SessionStart hyperparameters(const train::RunInfo& run) {
  const TrainingOptions& options = run.training_options();
  return {{{"model", run.model.name},
           {"recipe", run.model.recipe.name},
           {"optimizer", std::string(optimizer_name(options.optimizer))},
           {"learning_rate", shortest_decimal(learning_rate_of(options.optimizer).base)},
           {"batch", static_cast<double>(options.batch)},
           {"length", length_text(run.run_length)},
           {"steps", static_cast<double>(run.run_length.total_steps)},
           {"seed", static_cast<double>(options.seed)},
           {"precision", std::string(precision_name(run.options.precision))},
           {"dropout", shortest_decimal(dropout_rate_of(run.model.graph).value_or(0))},
           {"device", run.device.name}}};
}

Experiment experiment(const train::RunInfo& run) {
  return {.metrics = {{"", kBestAccuracy, "best validation accuracy"},
                      {"", kBestLoss, "best validation loss"},
                      {"", std::string(kTestAccuracyTag), "test accuracy"}},
          .example = hyperparameters(run),
          .first = {"model", "recipe", "length", "batch", "learning_rate"}};
}

}  // namespace lenet::tensorboard
