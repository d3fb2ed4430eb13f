// The part of a report about one run.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "engine/core/prediction.hpp"
#include "engine/core/text.hpp"
#include "engine/figures/confusion_figure.hpp"
#include "engine/figures/figure.hpp"
#include "engine/train/evaluation.hpp"
#include "engine/train/run_length.hpp"
#include "tools/cli/progress_text.hpp"
#include "tools/cli/run_table.hpp"
#include "tools/cli/train_options.hpp"
#include "tools/report/html.hpp"
#include "tools/report/sections.hpp"

namespace lenet::report {
namespace {

/// Returns a class's name as HTML; a label needs no isolation.
std::string isolated_name(const ClassNames& names, std::int64_t label) {
  return names.empty() ? names.of(label) : isolated(names.of(label));
}

/// Returns whether a part of the run was computed on the CPU (or, if not `on_host`, on another device), or
/// nullopt if that is not recorded.
std::optional<bool> was_trained(const ReportedRun& run, bool on_host) {
  if (run.machines.empty()) return std::nullopt;
  return std::ranges::any_of(run.machines, [&](const auto& machine) { return machine.on_host == on_host; });
}

/// Returns whether an option had an effect on the run. Where that is not known, those that were changed
/// count.
bool applies(const cli::Option& option, const ReportedRun& run) {
  if (option.not_saved) return false;
  const std::optional<std::string> value = cli::value_text(option);
  if (!option.excludes.empty() && !value) return false;  // --steps in a run that counts epochs
  if (option.hardware == cli::Hardware::any) return true;
  cli::TrainOptions defaults;
  const bool is_changed = value != cli::value_text(cli::train_option_set(defaults).at(option.name));
  return was_trained(run, option.hardware == cli::Hardware::cpu).value_or(is_changed);
}

/// Returns the value of an option or, if it has none, what it then means.
std::string shown_value(const cli::Option& option, const cli::TrainOptions& options) {
  if (option.name == "evaluate-every") {
    const bool by_steps = options.steps.has_value();
    const std::int64_t count =
        options.evaluate_every.value_or(by_steps ? train::kStepsPerEvaluation : train::kEpochsPerEvaluation);
    return fmt::format("{} {}{}", with_thousands(count), by_steps ? "step" : "epoch", count == 1 ? "" : "s");
  }
  if (const auto value = cli::value_text(option)) return *value;
  return option.name == "dropout" ? "none" : std::string(option.shown_default);
}

/// Returns a table of the options that the run's config.toml may hold.
std::string configuration_html(const ReportedRun& run) {
  Table table{.columns = {{"Option"}, {"Value"}, {"Meaning"}}};
  cli::TrainOptions options = *run.summary.options;
  const cli::OptionSet set = cli::train_option_set(options);
  for (const cli::Option& option : set.options())
    if (applies(option, run))
      table.rows.push_back({fmt::format("<code>{}</code>", escaped(option.name)),
                            isolated(shown_value(option, options)), escaped(option.help)});
  return "<h3>Configuration</h3>\n" + table_html(table);
}

/// Returns "Conv2d: filters 32, kernel 5, padding same".
std::string kind_text(const Layer& layer) {
  std::string text(kind_of(layer));
  const char* separator = ": ";
  for (const Setting& setting : settings_of(layer)) {
    text +=
        std::visit([&](const auto& value) { return fmt::format("{}{} {}", separator, setting.name, value); },
                   setting.value);
    separator = ", ";
  }
  return text;
}

std::string network_html(const Graph& graph) {
  Table table{.columns = {{"Layer"}, {"Kind"}, {"Output"}, {"Parameters", true}}};
  for (const Node& node : graph.nodes()) {
    std::int64_t parameters = 0;
    for (const int index : node.parameters)
      parameters += graph.parameters()[static_cast<std::size_t>(index)].count();
    table.rows.push_back({escaped(node.name), escaped(kind_text(node.layer)), escaped(to_string(node.output)),
                          with_thousands(parameters)});
  }
  table.rows.push_back({"Total", "", "", with_thousands(graph.parameter_count())});
  return "<h3>Network</h3>\n" + table_html(table);
}

std::string confusion_html(const ReportedRun& run, std::size_t index) {
  const Metrics& metrics = run.test.metrics;
  const figures::ConfusionMatrix matrix{
      .title = fmt::format("{} of {} test images correct", with_thousands(metrics.correct),
                           with_thousands(metrics.count)),
      .counts = train::confusion_rows(metrics),
      .class_names = run.test.class_names};
  return fmt::format("<h3>Confusion matrix</h3>\n<div class=\"figure square\">{}</div>\n",
                     inline_svg(figures::figure_as_svg(figures::confusion_figure(matrix)),
                                fmt::format("confusion-{}", index + 1),
                                "Confusion matrix: one row per label, one column per prediction"));
}

/// Returns a table of precision, recall and F1 per class, and their means over the classes.
std::string classes_html(const cli::Evaluation& test) {
  const ClassNames& names = test.class_names;
  Table table{.columns = {{names.empty() ? "Digit" : "Class"},
                          {"Images", true},
                          {"Wrong", true},
                          {"Precision", true},
                          {"Recall", true},
                          {"F1", true}}};
  const auto row = [&](std::string name, std::int64_t wrong, const cli::ClassScores& scores) {
    table.rows.push_back({std::move(name), with_thousands(scores.count), with_thousands(wrong),
                          fmt::format("{:.4f}", scores.precision), fmt::format("{:.4f}", scores.recall),
                          fmt::format("{:.4f}", scores.f1)});
  };
  cli::ClassScores mean{.count = test.metrics.count};
  const auto classes = static_cast<double>(test.classes);
  for (std::int64_t label = 0; label < test.classes; ++label) {
    const cli::ClassScores scores = cli::scores_of(test, label);
    row(isolated_name(names, label), scores.count - test.confused(label, label), scores);
    mean.precision += scores.precision / classes;
    mean.recall += scores.recall / classes;
    mean.f1 += scores.f1 / classes;
  }
  row("All, mean", test.metrics.count - test.metrics.correct, mean);
  return fmt::format("<h3>Each {}</h3>\n", names.class_noun()) + table_html(table);
}

/// Returns "cpu: AMD EPYC 9654, 2 threads, AVX-512; Linux 6.1.0, x86_64".
std::string machine_text(const cli::TrainingMachine& machine) {
  return fmt::format("{}: {}; {}", machine.device, machine.description, machine.system);
}

std::string machine_html(const ReportedRun& run) {
  Table table{.columns = {{"What"}, {"Value"}}};
  const auto add = [&](const std::string& what, const std::string& value) {
    table.rows.push_back({what, isolated(value)});
  };
  if (run.machines.empty() || run.machines.front().from_step > 0) add("Trained on", "not recorded");
  for (const cli::TrainingMachine& machine : run.machines) {
    const std::string from =
        machine.from_step == 0 ? "" : fmt::format(", from step {}", with_thousands(machine.from_step));
    add("Trained on" + from, machine_text(machine));
    add("Trained by" + from, machine.program);
  }
  if (const auto seconds = run.summary.seconds; seconds && *seconds > 0) {
    const auto images = static_cast<double>(run.rows.back().step * run.summary.options->batch.value_or(0));
    add("Training, validation included", cli::duration_text(*seconds));
    add("Training, images per second", with_thousands(std::llround(images / *seconds)));
  }
  add("Tested on", machine_text(cli::this_machine(run.device, 0)));
  add("Test, images per second", with_thousands(static_cast<std::int64_t>(run.images_per_second)));
  add("Test images", run.data.string());
  add("Weights", (run.summary.folder / "best.bin").string());
  add("SHA-256 in best.bin", run.digest);
  return "<h3>Time and machine</h3>\n" + table_html(table);
}

std::string mistakes_html(const ReportedRun& run) {
  if (run.mistakes.empty()) return "<h3>Worst mistakes</h3>\n<p>There are none.</p>\n";
  return fmt::format("<h3>Worst mistakes</h3>\n<p class=\"note\">The {} most confident of {}.</p>\n{}",
                     run.mistakes.size(), with_thousands(run.test.metrics.count - run.test.metrics.correct),
                     digits_html(run.mistakes, run.test.class_names));
}

std::string bar_html(const figures::Prediction& prediction, const ClassProbability& candidate,
                     const ClassNames& names) {
  const bool is_first = candidate.label == prediction.classes.front().label;
  const char* const kind = candidate.label == prediction.label ? "label" : is_first ? "prediction" : "other";
  return fmt::format(
      "<div class=\"bar\"><span>{}</span><i class=\"{}\" style=\"width:{:.1f}%\"></i><span>{}</span></div>\n",
      isolated_name(names, candidate.label), kind, 100 * candidate.probability,
      escaped(percent_text(candidate.probability)));
}

std::string picture_url(const figures::Prediction& prediction) {
  figures::Raster raster{.width = static_cast<std::size_t>(prediction.image.width), .pixels = {}};
  const auto pixels = static_cast<std::size_t>(prediction.image.height * prediction.image.width);
  for (const std::uint8_t ink : std::span(prediction.pixels).first(pixels))
    raster.pixels.push_back((255u - ink) * 0x10101u);
  return "data:image/png;base64," + base64(figures::png_of(raster));
}

std::string digit_html(const ShownDigit& digit, const ClassNames& names) {
  const figures::Prediction& prediction = digit.prediction;
  const std::string label = isolated_name(names, prediction.label.value());
  const std::string read = isolated_name(names, prediction.classes.front().label);
  std::string bars;
  for (const ClassProbability& candidate : prediction.classes) bars += bar_html(prediction, candidate, names);
  return fmt::format(
      "<figure class=\"digit {}\"><img src=\"{}\" width=\"112\" height=\"112\" alt=\"Test image {}, {}\">\n"
      "<figcaption>Image {}: {}, read as <strong>{}</strong>\n{}</figcaption></figure>\n",
      prediction.is_wrong() ? "wrong" : "right", picture_url(prediction), digit.index,
      names.empty() ? "a " + label : escaped(names.of(prediction.label.value())), digit.index, label, read,
      bars);
}

}  // namespace

std::string digits_html(const std::vector<ShownDigit>& digits, const ClassNames& names) {
  std::string html = fmt::format("<div class=\"digits{}\">\n", names.empty() ? "" : " named");
  for (const ShownDigit& digit : digits) html += digit_html(digit, names);
  return html + "</div>\n";
}

std::string run_section(const ReportedRun& run, std::size_t index) {
  const Metrics& metrics = run.test.metrics;
  return fmt::format(
      "<section class=\"run\" id=\"{}\">\n<h2>{}</h2>\n"
      "<p>{}, recipe {}, {}, {}: accuracy {} and loss {:.4f} on {} test images.</p>\n{}{}{}{}"
      "<h3>Random {}s</h3>\n{}{}{}</section>\n",
      id_of_run(index), isolated(run.name), escaped(run.summary.options->model),
      escaped(run.summary.options->recipe), cli::length_text(run.summary), name_of(run.summary.state),
      accuracy_text(metrics.accuracy()), metrics.loss(), with_thousands(metrics.count),
      configuration_html(run), network_html(run.graph), confusion_html(run, index), classes_html(run.test),
      run.test.class_names.sample_noun(), digits_html(run.random_digits, run.test.class_names),
      mistakes_html(run), machine_html(run));
}

}  // namespace lenet::report
