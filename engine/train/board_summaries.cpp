#include "engine/train/board_summaries.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <variant>

namespace lenet {
namespace {

std::string optimizer_name(const Optimizer& optimizer) {
  return std::holds_alternative<Adam>(optimizer) ? "adam" : "sgd";
}

// 0.0001, where the float is 0.00009999999747.
double decimal(float value) { return std::stod(fmt::format("{}", value)); }

double learning_rate(const Optimizer& optimizer) {
  return decimal(std::visit([](const auto& kind) { return kind.learning_rate; }, optimizer));
}

// 0 for models that have none: every run has every column.
double dropout_of(const Graph& graph) {
  for (const Node& node : graph.nodes())
    if (const auto* dropout = std::get_if<Dropout>(&node.layer)) return decimal(dropout->rate);
  return 0;
}

std::string precision_name(Precision precision) {
  if (precision == Precision::tf32) return "tf32";
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

}  // namespace

std::vector<Summary> training_scalars(const EpochReport& report) {
  return {{"epoch_loss", Scalar{report.training.loss()}},
          {"epoch_accuracy", Scalar{report.training.accuracy()}},
          {"epoch_learning_rate", Scalar{static_cast<double>(report.learning_rate)}}};
}

std::vector<Summary> validation_scalars(const EpochReport& report) {
  return {{"epoch_loss", Scalar{report.validation.loss()}},
          {"epoch_accuracy", Scalar{report.validation.accuracy()}}};
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

Summary configuration(const RunInfo& run) {
  return {"configuration", Text{fmt::format("Trained on `{}`, {}.\n\n```toml\n{}\n```\n", run.device.name,
                                            run.device.description, run.config)}};
}

SessionStart hyperparameters(const RunInfo& run) {
  const CompileOptions& options = run.options;
  return {{{"model", run.model.name},
           {"recipe", run.model.recipe.name},
           {"optimizer", optimizer_name(options.optimizer)},
           {"learning_rate", learning_rate(options.optimizer)},
           {"batch", static_cast<double>(options.batch)},
           {"steps", static_cast<double>(run.schedule.total_steps)},
           {"seed", static_cast<double>(options.seed)},
           {"precision", precision_name(options.precision)},
           {"dropout", dropout_of(run.model.graph)},
           {"device", run.device.name}}};
}

Experiment experiment(const RunInfo& run) {
  return {.metrics = {{"validation", "epoch_accuracy", "validation accuracy"},
                      {"validation", "epoch_loss", "validation loss"}},
          .example = hyperparameters(run),
          .first = {"model", "optimizer", "learning_rate", "batch", "dropout"}};
}

}  // namespace lenet
