// The parts of a report about all its runs.
#include "tools/report/sections.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "engine/core/text.hpp"
#include "engine/figures/curves_figure.hpp"
#include "engine/figures/figure.hpp"
#include "tools/cli/progress_text.hpp"
#include "tools/cli/run_table.hpp"
#include "tools/report/html.hpp"
#include "tools/report/tutorial.hpp"

namespace lenet::report {
namespace {

std::string link_to(const ReportedRun& run, std::size_t index) {
  return fmt::format("<a href=\"#{}\">{}</a>", id_of_run(index), isolated(run.name));
}

/// Returns text on one line, which tables would break in narrow columns.
std::string whole(std::string_view text) {
  return fmt::format("<span class=\"whole\">{}</span>", escaped(text));
}

std::string best_sentence(const Report& report) {
  const ReportedRun& best = *std::ranges::max_element(
      report.runs, {}, [](const ReportedRun& run) { return run.test.metrics.accuracy(); });
  const Metrics& metrics = best.test.metrics;
  const std::string subject = report.runs.size() == 1 ? isolated(best.name)
                                                      : fmt::format("The best of {} runs, {},",
                                                                    report.runs.size(), isolated(best.name));
  return fmt::format("<p>{} reads <strong>{} of {} test {}s</strong> right: accuracy {:.4f} ± {:.4f}.</p>\n",
                     subject, with_thousands(metrics.correct), with_thousands(metrics.count),
                     best.test.class_names.sample_noun(), metrics.accuracy(), best.test.standard_error());
}

std::vector<std::string> summary_row(const ReportedRun& run, std::size_t index) {
  const cli::RunSummary& summary = run.summary;
  const Metrics& metrics = run.test.metrics;
  const auto best = [&](double cli::BestEvaluation::*field) {
    const bool is_known = summary.best && std::isfinite((*summary.best).*field);
    return is_known ? fmt::format("{:.4f}", (*summary.best).*field) : std::string("–");
  };
  return {link_to(run, index),
          fmt::format("<strong>{:.4f}</strong> ± {:.4f}", metrics.accuracy(), run.test.standard_error()),
          with_thousands(metrics.count - metrics.correct),
          best(&cli::BestEvaluation::val_accuracy),
          best(&cli::BestEvaluation::val_loss),
          escaped(summary.options->model),
          escaped(summary.options->recipe),
          whole(cli::length_text(summary)),
          summary.seconds ? cli::duration_text(*summary.seconds) : "–"};
}

/// Returns a run's row: the tutorial's accuracy, the run's, and the difference in points.
std::vector<std::string> tutorial_row(const ReportedRun& run, std::size_t index, double tutorial) {
  const double difference = 100 * (run.test.metrics.accuracy() - tutorial);
  const bool is_within = std::abs(difference) <= 200 * run.test.standard_error();
  const char* const verdict =
      difference > 0 ? "<span class=\"better\">better</span>" : "<span class=\"worse\">worse</span>";
  return {link_to(run, index),
          accuracy_text(tutorial),
          accuracy_text(run.test.metrics.accuracy()),
          fmt::format("{}{:.2f}", difference < 0 ? "−" : "+", std::abs(difference)),
          is_within ? whole("within ± 2 standard errors") : verdict,
          escaped(run.summary.options->model),
          escaped(run.summary.options->recipe)};
}

}  // namespace

std::string accuracy_text(double accuracy) { return fmt::format("{:.2f} %", 100 * accuracy); }

std::string id_of_run(std::size_t index) { return fmt::format("run-{}", index + 1); }

std::string summary_section(const Report& report) {
  Table table{.columns = {{"Run"},
                          {"Test accuracy", true},
                          {"Wrong", true},
                          {"Validation accuracy", true},
                          {"Validation loss", true},
                          {"Model"},
                          {"Recipe"},
                          {"Length"},
                          {"Time", true}}};
  for (std::size_t i = 0; i < report.runs.size(); ++i) table.rows.push_back(summary_row(report.runs[i], i));
  return fmt::format(
      "<section id=\"results\">\n<h2>Results</h2>\n{}{}"
      "<p class=\"note\">Accuracy and loss are those of best.bin: of the weights with the lowest validation "
      "loss, or of the last weights if there were no validation images. The test images took no part in "
      "training or in the choice of the weights. ± is one standard error: a share p of n "
      "images scatters by √(p(1−p)/n).</p>\n</section>\n",
      best_sentence(report), table_html(table));
}

std::string tutorial_section(const Report& report) {
  Table table{.columns = {{"Run"},
                          {"Tutorial", true},
                          {"This run", true},
                          {"Difference, points", true},
                          {"Verdict"},
                          {"Model"},
                          {"Recipe"}}};
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const ReportedRun& run = report.runs[i];
    if (!run.is_mnist) continue;
    if (const auto tutorial = tutorial_accuracy(run.summary.options->model))
      table.rows.push_back(tutorial_row(run, i, *tutorial));
  }
  if (table.rows.empty()) return "";
  return fmt::format(
      "<section id=\"tutorial\">\n<h2>Compared with the tutorial</h2>\n{}"
      "<p class=\"note\">Accuracy on MNIST’s 10,000 test images. The tutorial’s figures are those "
      "of the table “The networks” in the README of lenet.</p>\n</section>\n",
      table_html(table));
}

std::string curves_section(const Report& report) {
  std::vector<figures::RunCurves> curves;
  for (const ReportedRun& run : report.runs)
    curves.push_back({.name = printable(run.name), .rows = run.rows});
  const std::string svg = figures::figure_as_svg(figures::curves_figure(curves));
  return fmt::format("<section id=\"curves\">\n<h2>Curves</h2>\n<div class=\"figure\">{}</div>\n</section>\n",
                     inline_svg(svg, "curves", "Loss and accuracy of each run during training"));
}

}  // namespace lenet::report
