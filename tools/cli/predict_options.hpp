#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/common_options.hpp"
#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// The options of lenet_predict.
struct PredictOptions {
  std::string weights;               ///< best.bin, or the folder of a run
  std::optional<std::string> model;  ///< of weights from other programs
  std::vector<std::string> files;    ///< pictures, folders of them and IDX files; "-": standard input
  std::optional<std::string> index;
  std::vector<std::int64_t> indices;  ///< parsed from `index`
  bool json = false;
  bool csv = false;
  bool show = false;
  bool all = false;  ///< all classes as text
  std::optional<std::string> plot;
  bool force = false;  ///< replace the plot

  std::optional<std::string> data;
  DeviceOptions device;

  ProgramQuestions questions;
};

/// Returns the options of lenet_predict, bound to the fields of `options`.
OptionSet predict_option_set(PredictOptions& options);
Manual predict_manual();

/// Parses lists like "7,42" and "0-9", in the order given. Throws UsageError.
std::vector<std::int64_t> parse_indices(std::string_view text);

/// Reads the environment, then the command line, which takes precedence. Throws UsageError.
PredictOptions read_predict_options(int argc, const char* const* argv);

}  // namespace lenet::cli
