#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// The options of lenet_runs.
struct RunsOptions {
  std::vector<std::string> folders;  ///< runs, or folders of runs; at least one

  std::optional<std::string> model;  ///< only runs of this model
  std::optional<std::string> recipe;
  std::optional<std::string> state;

  std::string sort = "run";
  bool reverse = false;
  std::optional<std::int64_t> limit;  ///< how many runs at most

  bool json = false;
  bool csv = false;

  ProgramQuestions questions;
};

/// Returns the options of lenet_runs, bound to the fields of `options`.
OptionSet runs_option_set(RunsOptions& options);
Manual runs_manual();

/// Reads the command line. Throws UsageError.
RunsOptions read_runs_options(int argc, const char* const* argv);

}  // namespace lenet::cli
