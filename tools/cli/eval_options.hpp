#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/common_options.hpp"
#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// The options of lenet_eval.
struct EvalOptions {
  std::vector<std::string> weights;  ///< files, or folders of runs; at least one
  std::optional<std::string> model;  ///< of weights from other programs
  bool quiet = false;                ///< print only accuracy and loss
  bool json = false;

  std::optional<std::string> plot;  ///< output file for a figure of some digits
  bool force = false;               ///< replace the plot
  bool show = false;                ///< draw the digits in the terminal
  bool errors = false;              ///< show the most confident mistakes, not random digits
  std::int64_t count = 10;          ///< number of digits to show
  std::int64_t seed = 1;            ///< selects the random digits

  ImageOptions images;
  DeviceOptions device;

  ProgramQuestions questions;
};

/// Returns the options of lenet_eval, bound to the fields of `options`.
OptionSet eval_option_set(EvalOptions& options);
Manual eval_manual();

/// Reads the environment, then the command line, which takes precedence. Throws UsageError.
EvalOptions read_eval_options(int argc, const char* const* argv);

}  // namespace lenet::cli
