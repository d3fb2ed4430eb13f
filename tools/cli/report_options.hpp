#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/common_options.hpp"
#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// The options of lenet_report.
struct ReportOptions {
  std::vector<std::string> runs;  ///< folders; at least one
  std::string out = "report.html";
  bool force = false;  ///< replace an existing file
  std::string title = "Reading handwritten digits";
  std::optional<std::string> author;

  std::int64_t count = 10;  ///< random digits, and as many mistakes
  std::int64_t seed = 1;    ///< selects the random digits

  ImageOptions images;
  DeviceOptions device;

  ProgramQuestions questions;
};

/// Returns the options of lenet_report, bound to the fields of `options`.
OptionSet report_option_set(ReportOptions& options);
Manual report_manual();

/// Reads the environment, then the command line, which takes precedence. Throws UsageError.
ReportOptions read_report_options(int argc, const char* const* argv);

}  // namespace lenet::cli
