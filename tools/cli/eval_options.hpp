#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/cli/common_options.hpp"

namespace lenet::cli {

/// The options of an evaluation.
struct EvalOptions {
  std::string weights;  ///< best.bin, or the folder of a run
  bool quiet = false;   ///< accuracy and loss alone
  bool json = false;

  std::optional<std::string> plot;  ///< file of the picture of some digits
  bool show = false;                ///< draw them in the terminal
  bool errors = false;              ///< the most confident mistakes, not random digits
  std::int64_t count = 10;          ///< digits in it
  std::int64_t seed = 1;            ///< of the random digits

  ImageOptions images;
  DeviceOptions device;

  ProgramQuestions questions;
};

/// Every option of lenet_eval, bound to the fields of `options`.
OptionSet eval_option_set(EvalOptions& options);
std::string eval_help();

/// Reads the environment, then the command line, so that the last wins. Throws UsageError.
EvalOptions read_eval_options(int argc, const char* const* argv);

}  // namespace lenet::cli
