#include "engine/tensorboard/board_summaries.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

#include "engine/core/text.hpp"

namespace lenet::tensorboard {

std::vector<Summary> training_scalars(const train::Evaluation& evaluation) {
  return {{"epoch_loss", Scalar{evaluation.training.loss()}},
          {"epoch_accuracy", Scalar{evaluation.training.accuracy()}},
          {"epoch_learning_rate", Scalar{static_cast<double>(evaluation.learning_rate)}}};
}

std::vector<Summary> validation_scalars(const train::Evaluation& evaluation) {
  return {{"epoch_loss", Scalar{evaluation.validation.loss()}},
          {"epoch_accuracy", Scalar{evaluation.validation.accuracy()}}};
}

std::vector<Summary> histograms(const Graph& graph, std::span<const float> values, std::string_view suffix) {
  std::vector<Summary> summaries;
  for (const Parameter& parameter : graph.parameters()) {
    std::string tag = parameter.name;
    std::ranges::replace(tag, '.', '/');  // a layer is a group of tags
    const auto part = values.subspan(static_cast<std::size_t>(parameter.offset),
                                     static_cast<std::size_t>(parameter.count()));
    summaries.push_back({fmt::format("{}{}", tag, suffix), histogram_of(part)});
  }
  return summaries;
}

Summary configuration(const train::RunInfo& run) {
  return {"configuration", Text{fmt::format("Trained on `{}`, {}.\n\n```toml\n{}\n```\n", run.device.name,
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
           {"steps", static_cast<double>(run.run_length.total_steps)},
           {"seed", static_cast<double>(options.seed)},
           {"precision", std::string(precision_name(run.options.precision))},
           {"dropout", shortest_decimal(dropout_rate_of(run.model.graph).value_or(0))},
           {"device", run.device.name}}};
}

Experiment experiment(const train::RunInfo& run) {
  return {.metrics = {{"validation", "epoch_accuracy", "validation accuracy"},
                      {"validation", "epoch_loss", "validation loss"}},
          .example = hyperparameters(run),
          .first = {"model", "optimizer", "learning_rate", "batch", "dropout"}};
}

}  // namespace lenet::tensorboard
