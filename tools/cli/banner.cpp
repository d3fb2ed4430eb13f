#include "tools/cli/banner.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <string_view>
#include <vector>

#include "engine/core/text.hpp"
#include "tools/cli/precision.hpp"
#include "tools/cli/progress_text.hpp"
#include "tools/cli/text_table.hpp"

namespace lenet::cli {
namespace {

std::string rate_text(const LearningRate& rate) {
  switch (rate.kind) {
    case LearningRate::Kind::constant:
      break;
    case LearningRate::Kind::linear:
      return fmt::format("{} to {}", rate.base, rate.final);
  }
  return fmt::to_string(rate.base);
}

std::string optimizer_text(const Optimizer& optimizer) {
  std::string text =
      fmt::format("{}, learning rate {}", optimizer_title(optimizer), rate_text(learning_rate_of(optimizer)));
  for (const Setting& setting : settings_of(optimizer))
    text += std::visit([&](const auto& value) { return fmt::format(", {} {}", setting.name, value); },
                       setting.value);
  return text;
}

/// Says how often the run is evaluated, if not as usual.
std::string interval_text(const train::RunLength& length) {
  if (length.by_steps && length.steps_per_evaluation != train::kStepsPerEvaluation)
    return fmt::format(", evaluated every {}", steps_text(length.steps_per_evaluation));
  const std::int64_t epochs = length.steps_per_evaluation / length.steps_per_epoch;
  if (!length.by_steps && epochs != train::kEpochsPerEvaluation)
    return fmt::format(", evaluated every {} epochs", with_thousands(epochs));
  return "";
}

std::string length_text(const train::RunInfo& run) {
  const train::RunLength& run_length = run.run_length;
  const std::int64_t epochs = run_length.total_steps / run_length.steps_per_epoch;
  const std::string length =
      run_length.by_steps ? steps_text(run_length.total_steps)
                          : fmt::format("{} epoch{} of {}", with_thousands(epochs), epochs == 1 ? "" : "s",
                                        steps_text(run_length.steps_per_epoch));
  const std::int64_t batch = run.training_options().batch;
  return fmt::format("{}, {} image{} per step{}", length, batch, batch == 1 ? "" : "s",
                     interval_text(run_length));
}

std::string data_text(const train::RunInfo& run, const std::string& source) {
  const std::string held_out = run.validation.count() == 0 ? "no" : with_thousands(run.validation.count());
  return fmt::format("{}: {} training, {} validation, {} test images", source,
                     with_thousands(run.training.count()), held_out, with_thousands(run.test.count()));
}

std::string memory_text(const Program& program) {
  std::string parts;
  std::int64_t total = 0;
  for (const MemoryUse& use : program.memory_use()) {
    total += use.bytes;
    parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", use.purpose, bytes_text(use.bytes));
  }
  return fmt::format("{}: {}", bytes_text(total), parts);
}

std::string precision_text(const train::RunInfo& run) {
  return fmt::format("{}{}", precision_name(run.options.precision),
                     run.options.deterministic ? ", deterministic" : "");
}

/// Returns a row per layer, and the total.
std::vector<TableRow> summary_rows(const Graph& graph, bool with_kinds) {
  std::vector<TableRow> rows;
  for (const Node& node : graph.nodes()) {
    std::int64_t parameters = 0;
    for (const int index : node.parameters)
      parameters += graph.parameters()[static_cast<std::size_t>(index)].count();
    rows.push_back({with_kinds ? fmt::format("{} ({})", node.name, kind_of(node.layer)) : node.name,
                    to_string(node.output), with_thousands(parameters)});
  }
  rows.push_back({"Total", "", with_thousands(graph.parameter_count())});
  return rows;
}

TextTable summary_table(const std::vector<TableRow>& rows, int width) {
  return TextTable(with_narrow_widths({{.heading = "Layer", .width = 24},
                                       {.heading = "Output", .width = 12, .rank = 1},
                                       {.heading = "Parameters", .side = Side::right}},
                                      rows),
                   width);
}

}  // namespace

std::string banner(const train::RunInfo& run, const Program& program, const std::string& source,
                   const std::string& initial_weights) {
  std::string text;
  const auto line = [&](std::string_view what, const std::string& value) {
    text += fmt::format("{:<10} {}\n", what, printable(value));
  };
  line("Model", fmt::format("{}, recipe {}, {} parameters", run.model.name, run.model.recipe.name,
                            with_thousands(run.model.graph.parameter_count())));
  if (!initial_weights.empty()) line("Weights", fmt::format("initialized from {}", initial_weights));
  line("Device", fmt::format("{}: {}", run.device.name, run.device.description));
  line("Data", data_text(run, source));
  if (run.validation.count() == 0)
    line("Keeps", "the last weights: there are no validation images to choose the best by");
  line("Optimizer", optimizer_text(run.training_options().optimizer));
  line("Length", length_text(run));
  line("Precision", precision_text(run));
  line("Seed", fmt::to_string(run.training_options().seed));
  line("Memory", memory_text(program));
  if (!run.folder.empty()) line("Folder", run.folder.string());
  if (run.first_step > 0) line("Resumed", fmt::format("after step {}", with_thousands(run.first_step)));
  return text;
}

std::string implementations(Program& program, int width) {
  std::vector<TableRow> rows;
  for (const Implementation& each : program.implementations())
    rows.push_back({each.layer, each.product, bytes_text(each.workspace_bytes), each.chosen});
  const TextTable table(with_narrow_widths({{.heading = "Layer", .width = 9},
                                            {.heading = "Product", .width = 15},
                                            {.heading = "Workspace", .side = Side::right, .rank = 1},
                                            {.heading = "Computed by"}},
                                           rows),
                        width);
  std::string text = table.heading();
  for (const TableRow& row : rows) text += table.row(row);
  return text + wrapped(left_out_text(table.left_out()), width, 2);
}

std::string summary(const Graph& graph, int width) {
  std::vector<TableRow> rows = summary_rows(graph, true);
  // The names of layers say most of their kinds.
  if (!summary_table(rows, width).left_out().empty()) rows = summary_rows(graph, false);
  const TextTable table = summary_table(rows, width);
  std::string rule;
  for (int i = 0; i < table.width(); ++i) rule += "─";
  rule += '\n';
  std::string text = table.heading() + rule;
  for (const TableRow& row : rows) text += (&row == &rows.back() ? rule : "") + table.row(row);
  return text + wrapped(left_out_text(table.left_out()), width, 2);
}

}  // namespace lenet::cli
