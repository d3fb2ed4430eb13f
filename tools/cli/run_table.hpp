#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/run_summary.hpp"

/// Tables of runs for people, and as JSON and CSV for programs.
namespace lenet::cli {

/// The orders that sort_runs() knows.
std::span<const std::string_view> run_orders();

/// Sorts runs by one of run_orders(): names in natural order, figures the best first, dates the latest
/// first. Runs without the figure come last.
void sort_runs(std::vector<RunSummary>& runs, std::string_view order);

/// A table for the terminal, and the names of the columns that it has no room for.
struct RunTable {
  std::string text;
  std::vector<std::string_view> left_out;
};

/// Returns a heading and one line per run, at most `width` columns wide if leaving out columns helps. Names
/// of runs are relative to `base`, unless that is empty.
RunTable runs_table(std::span<const RunSummary> runs, const std::filesystem::path& base, std::size_t width);

/// Returns an array of objects. What a run does not have is null.
std::string runs_json(std::span<const RunSummary> runs);

/// Returns a line of names and one line per run (RFC 4180). What a run does not have is an empty cell.
std::string runs_csv(std::span<const RunSummary> runs);

/// Returns "18 epochs", "1 of 20,000 steps": what the run has done, and is to do. What is not known is a
/// dash.
std::string length_text(const RunSummary& run);

}  // namespace lenet::cli
