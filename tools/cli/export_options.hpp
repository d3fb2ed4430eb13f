#pragma once

#include <optional>
#include <string>

#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// The options of lenet_export.
struct ExportOptions {
  std::string weights;               ///< best.bin, or the folder of a run
  std::optional<std::string> out;    ///< if empty, next to the weights
  std::optional<std::string> model;  ///< of weights from other programs
  bool scale = true;                 ///< the ONNX model takes uint8 pixels and scales them
  bool softmax = false;              ///< it gives probabilities, not logits
  bool force = false;                ///< replace a file that is there

  ProgramQuestions questions;
};

/// Returns the options of lenet_export, bound to the fields of `options`.
OptionSet export_option_set(ExportOptions& options);
Manual export_manual();

/// Reads the command line. Throws UsageError.
ExportOptions read_export_options(int argc, const char* const* argv);

}  // namespace lenet::cli
