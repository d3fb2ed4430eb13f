#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/options.hpp"

namespace lenet {

/// What a user can say about a figure.
struct PlotOptions {
  std::vector<std::string> inputs;  ///< runs or metrics.csv files; with `confusion` one weights file or run
  std::optional<std::string> out;
  bool confusion = false;

  std::string split = "test";
  std::optional<std::string> data;
  std::optional<std::int64_t> validation;  ///< as the weights' run had it, unless said otherwise
  std::string device = "auto";
  std::int64_t threads = 0;

  bool help = false;
  bool version = false;

  std::string file() const { return out.value_or(confusion ? "confusion.png" : "curves.png"); }
};

/// Every option of lenet_plot, bound to the fields of `options`.
OptionSet plot_option_set(PlotOptions& options);
std::string plot_help();

/// Reads the environment, then the command line, so that the last wins. Throws UsageError.
PlotOptions read_plot_options(int argc, const char* const* argv);

}  // namespace lenet
