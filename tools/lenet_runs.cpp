// lenet_runs: lists runs with their figures. Exit code 1 if a run or a folder could not be read.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <iterator>
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

/// Says what to do where no runs were found.
constexpr const char* kHint =
    "lenet_train makes them, in runs/<model>-<n> where it is started; to look elsewhere: lenet_runs FOLDER";

bool is_missing(const fs::path& folder) {
  std::error_code ignored;
  return fs::status(folder, ignored).type() == fs::file_type::not_found;
}

std::string absolute_text(const std::string& folder) {
  std::error_code ignored;  // without a working directory the name stays as it is
  const fs::path path = fs::absolute(folder, ignored).lexically_normal();
  return ignored ? folder : path.string();
}

/// Warns of folders, and of files of runs, that cannot be read, and goes on with the others.
FoundRuns read_runs(const std::vector<std::string>& folders) {
  FoundRuns found;
  const auto fault = [&](const std::string& why) {
    warn(why);
    found.has_errors = true;
  };
  for (const std::string& folder : folders) try {
      const FoundFolders folders_of_runs = find_runs(folder);
      std::ranges::for_each(folders_of_runs.faults, fault);
      for (const fs::path& run : folders_of_runs.runs) {
        found.runs.push_back(summarize_run(run));
        std::ranges::for_each(found.runs.back().faults, fault);
      }
    } catch (const IoError& error) {
      fault(is_missing(folder)
                ? fmt::format("no runs: there is no folder {}: {}", absolute_text(folder), kHint)
                : error.what());
    }
  return found;
}

/// Leaves the runs that the options ask for, in their order.
void select(std::vector<RunSummary>& runs, const RunsOptions& options) {
  const auto differs = [](const std::optional<std::string>& wanted, std::string_view is) {
    return wanted && *wanted != is;
  };
  std::erase_if(runs, [&](const RunSummary& run) {
    return differs(options.model, run.options ? run.options->model : "") ||
           differs(options.recipe, run.options ? run.options->recipe : "") ||
           differs(options.state, name_of(run.state));
  });
  sort_runs(runs, options.sort);
  if (options.reverse) std::ranges::reverse(runs);
  if (options.limit && std::ssize(runs) > *options.limit)
    runs.resize(static_cast<std::size_t>(*options.limit));
}

/// Says where no runs were found and, unless there are others, how runs come to be.
std::string nothing_found_text(const RunsOptions& options, bool are_others) {
  if (are_others)
    return fmt::format("no such runs in {}\n",
                       printable(fmt::format("{}", fmt::join(options.folders, ", "))));
  std::vector<std::string> folders;
  std::ranges::transform(options.folders, std::back_inserter(folders), absolute_text);
  return fmt::format("no runs in {}: {}\n", printable(fmt::format("{}", fmt::join(folders, ", "))), kHint);
}

void print_table(const std::vector<RunSummary>& runs, const RunsOptions& options) {
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
  const bool are_there = !found.runs.empty();
  select(found.runs, options);
  if (options.json)
    std::cout << runs_json(found.runs);
  else if (options.csv)
    std::cout << runs_csv(found.runs);
  else if (!found.runs.empty())
    print_table(found.runs, options);
  else if (are_there || !found.has_errors)  // else a warning has said it
    std::cerr << for_errors(nothing_found_text(options, are_there));
  return found.has_errors ? 1 : 0;
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_runs", lenet::cli::runs_program, lenet::cli::runs_manual, argc, argv);
}
