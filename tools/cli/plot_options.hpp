#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/common_options.hpp"
#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// What --axis can name, in the order of figures::Across.
inline constexpr std::array<std::string_view, 3> kAxisNames = {"epochs", "steps", "time"};

/// The options of lenet_plot.
struct PlotOptions {
  std::vector<std::string> inputs;  ///< runs or metrics.csv files; with `confusion`, one weights file or run
  std::optional<std::string> out;
  std::optional<std::string> axis;  ///< a name of kAxisNames; empty: the one that suits the runs
  bool force = false;
  bool confusion = false;
  std::optional<std::string> model;  ///< of weights from other programs

  ImageOptions images;
  DeviceOptions device;

  ProgramQuestions questions;

  std::string file() const { return out.value_or(confusion ? "confusion.png" : "curves.png"); }
};

/// Returns the options of lenet_plot, bound to the fields of `options`.
OptionSet plot_option_set(PlotOptions& options);
Manual plot_manual();

/// Reads the environment, then the command line, which takes precedence. Throws UsageError.
PlotOptions read_plot_options(int argc, const char* const* argv);

}  // namespace lenet::cli
