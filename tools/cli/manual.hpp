#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/options.hpp"

namespace lenet::cli {

/// What a program, or one of its commands, says about itself. Help, completion and manual page are written
/// from it.
struct Manual {
  std::string_view name;      ///< "lenet_train"; of a command: "fetch"
  std::string_view summary;   ///< "train a network on MNIST"
  std::string_view usage;     ///< "lenet_train [options]"; one form per line
  std::string_view purpose;   ///< one or two lines
  std::string_view notes;     ///< lines between options and examples; may be empty
  std::string_view examples;  ///< one per line
  OptionSet options;
  bool takes_files = false;  ///< in addition to its options
  std::vector<Manual> commands = {};
};

/// Returns the text of --help: commands, if there are any, and all options by group, each with its default.
/// `width`: that of the terminal; 0 if there is none.
std::string help_text(const Manual& manual, int width = 0);

/// Returns the shell script that completes a program's options, their values and files. Throws UsageError for
/// shells other than bash.
std::string completion_script(const Manual& manual, std::string_view shell);

/// Returns the manual page of a program, in the man macros of troff.
std::string manual_page(const Manual& manual);

}  // namespace lenet::cli
