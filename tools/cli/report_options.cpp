#include "tools/cli/report_options.hpp"

#include "engine/core/error.hpp"

namespace lenet::cli {

OptionSet report_option_set(ReportOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"out", "FILE", "Report", "the page", "report.html", &o.out}.short_form('o').only_flag(),
      force_option("Report", &o.force),
      Option{"title", "TEXT", "Report", "its heading", "Reading handwritten digits", &o.title}.only_flag(),
      Option{"author", "TEXT", "Report", "a line below the heading", "none", &o.author}.only_flag(),

      Option{"count", "N", "Digits", "random digits, and as many mistakes", "10", &o.count}.within({.lowest = 1, .highest = 100}).only_flag(),
      Option{"seed", "N", "Digits", "which random digits", "1", &o.seed}.within({.lowest = 0}).only_flag(),

      data_option("Test", &o.images.data),
      device_option("Test", &o.device.device),
      threads_option("Test", &o.device.threads),

      help_option("Other", &o.questions.help),
      version_option("Other", &o.questions.version),
  });
  // clang-format on
}

Manual report_manual() {
  static ReportOptions defaults;
  return {
      .name = "lenet_report",
      .summary = "report on runs as one HTML page",
      .usage = "lenet_report RUN … [options]",
      .purpose =
          "Writes a page about one or several runs, to read in a browser, print or hand in:\n"
          "results, curves, confusion matrices, digits, and a comparison with the tutorial.",
      .notes =
          "The page is one file and needs no network. Each run's best.bin is evaluated on\n"
          "the test images, and the result is kept in the run's folder. A run that cannot\n"
          "be read is left out, with a warning.",
      .examples =
          "lenet_report runs/cnn-1\n"
          "lenet_report runs/* -o report.html --author 'Ada Lovelace'",
      .options = report_option_set(defaults),
      .takes_files = true,
  };
}

ReportOptions read_report_options(int argc, const char* const* argv) {
  ReportOptions options;
  OptionSet set = report_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (!line) return options;
  options.runs = line->positionals;
  if (options.runs.empty()) throw UsageError("expected the folder of a run, or several: see --help");
  return options;
}

}  // namespace lenet::cli
