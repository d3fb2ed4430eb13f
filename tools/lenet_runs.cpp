// lenet_runs: lists runs with their figures. Exit code 1 if one of them could not be read.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <limits>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/run_summary.hpp"
#include "tools/cli/run_table.hpp"
#include "tools/cli/runs_options.hpp"
#include "tools/cli/terminal.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

struct FoundRuns {
  std::vector<RunSummary> runs;
  bool has_errors = false;  ///< some could not be read
};

/// Warns of each run that cannot be read, and goes on with the others.
FoundRuns read_runs(const std::vector<std::string>& folders) {
  FoundRuns found;
  for (const std::string& folder : folders)
    for (const fs::path& run : find_runs(folder)) try {
        found.runs.push_back(summarize_run(run));
      } catch (const Error& error) {
        warn(error.what());
        found.has_errors = true;
      }
  return found;
}

/// Leaves the runs that the options ask for, in their order.
void select(std::vector<RunSummary>& runs, const RunsOptions& options) {
  const auto differs = [](const std::optional<std::string>& wanted, std::string_view is) {
    return wanted && *wanted != is;
  };
  std::erase_if(runs, [&](const RunSummary& run) {
    return differs(options.model, run.options.model) || differs(options.recipe, run.options.recipe) ||
           differs(options.state, name_of(run.state));
  });
  sort_runs(runs, options.sort);
  if (options.reverse) std::ranges::reverse(runs);
  if (options.limit && std::ssize(runs) > *options.limit)
    runs.resize(static_cast<std::size_t>(*options.limit));
}

void print_table(const std::vector<RunSummary>& runs, const RunsOptions& options) {
  const std::string folders = fmt::format("{}", fmt::join(options.folders, ", "));
  if (runs.empty()) {
    const bool is_filtered = options.model || options.recipe || options.state;
    std::cerr << for_errors(fmt::format("no {}runs in {}\n", is_filtered ? "such " : "", printable(folders)));
    return;
  }
  const bool is_alone = options.folders.size() == 1 && !is_run(options.folders.front());
  const int terminal = output_columns();
  const std::size_t width =
      terminal > 0 ? static_cast<std::size_t>(terminal) : std::numeric_limits<std::size_t>::max();
  const RunTable table = runs_table(runs, is_alone ? options.folders.front() : "", width);
  std::cout << wrapped(table.text, terminal, 2);
  tell_left_out({table.left_out.begin(), table.left_out.end()});
}

int runs_program(int argc, const char* const* argv) {
  const RunsOptions options = read_runs_options(argc, argv);
  if (answered(options.questions, runs_manual)) return 0;
  FoundRuns found = read_runs(options.folders);
  select(found.runs, options);
  if (options.json)
    std::cout << runs_json(found.runs);
  else if (options.csv)
    std::cout << runs_csv(found.runs);
  else
    print_table(found.runs, options);
  return found.has_errors ? 1 : 0;
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_runs", lenet::cli::runs_program, lenet::cli::runs_manual, argc, argv);
}
