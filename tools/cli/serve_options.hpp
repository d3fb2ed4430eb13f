#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/cli/common_options.hpp"
#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// The options of lenet_serve.
struct ServeOptions {
  std::string weights;               ///< best.bin, or the folder of a run
  std::optional<std::string> model;  ///< of weights from other programs
  std::string host = "127.0.0.1";
  std::int64_t port = 8080;   ///< 0: a free one
  std::int64_t timeout = 10;  ///< seconds for a request to arrive
  DeviceOptions device;

  ProgramQuestions questions;
};

/// Returns the options of lenet_serve, bound to the fields of `options`.
OptionSet serve_option_set(ServeOptions& options);
Manual serve_manual();

/// Reads the environment, then the command line, which takes precedence. Throws UsageError.
ServeOptions read_serve_options(int argc, const char* const* argv);

}  // namespace lenet::cli
