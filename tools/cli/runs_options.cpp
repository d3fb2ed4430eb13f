#include "tools/cli/runs_options.hpp"

#include "engine/core/error.hpp"
#include "models/models.hpp"
#include "tools/cli/run_table.hpp"

namespace lenet::cli {

OptionSet runs_option_set(RunsOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"model", "NAME", "Filter", "", "all", &o.model}.among(models::model_names()).only_flag(),
      Option{"recipe", "NAME", "Filter", "", "all", &o.recipe}.among(models::recipe_names()).only_flag(),
      Option{"state", "NAME", "Filter", "", "all", &o.state}.among(kRunStates).only_flag(),

      Option{"sort", "NAME", "Order", "", "run", &o.sort}.among(run_orders()).only_flag(),
      Option{"reverse", "", "Order", "reverse the order", "off", &o.reverse}.only_flag(),
      Option{"limit", "N", "Order", "only the first N runs", "all", &o.limit}.within({.lowest = 1}).only_flag(),

      Option{"json", "", "Output", "a JSON array with more figures", "off", &o.json}.only_flag(),
      Option{"csv", "", "Output", "the same figures as CSV", "off", &o.csv}.only_flag(),
      help_option("Output", &o.questions.help),
      version_option("Output", &o.questions.version),
  });
  // clang-format on
}

Manual runs_manual() {
  static RunsOptions defaults;
  return {
      .name = "lenet_runs",
      .summary = "list the runs in a folder",
      .usage = "lenet_runs [FOLDER …] [options]",
      .purpose =
          "Lists runs, with the figures of their best weights: those in a FOLDER and in the\n"
          "folders below it, or a run itself. Without one, those in runs.",
      .notes =
          "--sort loss and accuracy use the validation images, test the test images: the\n"
          "best run comes first; by time the shortest, by date the latest. The test\n"
          "accuracy appears after lenet_eval RUN, until the run finds better weights.\n"
          "Dates are local time, in JSON and CSV UTC. A run is unreadable if one of its\n"
          "files is damaged; what the others say is shown.",
      .examples =
          "lenet_runs\n"
          "lenet_runs --model cnn --sort test --limit 5\n"
          "lenet_runs runs sweep/lr-* --csv > runs.csv",
      .options = runs_option_set(defaults),
      .takes_files = true,
  };
}

RunsOptions read_runs_options(int argc, const char* const* argv) {
  RunsOptions options;
  OptionSet set = runs_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (!line) return options;
  if (options.json && options.csv) throw UsageError("--json cannot be combined with --csv: choose one");
  options.folders = line->positionals;
  if (options.folders.empty()) options.folders = {"runs"};
  return options;
}

}  // namespace lenet::cli
