#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/train/observer.hpp"

namespace lenet::cli {

struct ConsoleOptions {
  bool bar = false;       ///< redraw a progress bar in place; for terminals
  bool color = false;     ///< ANSI colours
  bool folds = false;     ///< break lines at the width of the terminal
  bool quiet = false;     ///< print only the result
  bool kept = true;       ///< the run's files are kept, so the output may name them
  std::string data = {};  ///< data folder that the user gave; empty if none
};

/// Returns options that suit standard output: on a terminal a bar and, unless NO_COLOR is set, colours.
ConsoleOptions console_options_here(bool quiet);

/// Reports a run on the console: optionally a progress bar, one line per evaluation, and at the end the
/// result with the commands to run next.
class Console : public train::Observer {
 public:
  Console(std::ostream& out, ConsoleOptions options) : out_(out), options_(std::move(options)) {}

  void on_begin(const train::RunInfo& run, Program& program) override;
  void on_progress(const train::Progress& progress) override;
  void on_evaluation(const train::Evaluation& evaluation, Program& program) override;
  void on_end(const train::RunEnd& end, Program& program) override;

 private:
  std::string improvement_text(const train::Evaluation& evaluation) const;
  std::string ended_text(const train::RunEnd& end) const;
  std::string best_text(const train::RunEnd& end) const;
  bool is_best_saved(const train::RunEnd& end) const;
  /// Prints parts of a line, which is folded on a terminal.
  void print(const std::vector<std::string>& parts);
  void print_command(const std::string& purpose, const std::string& command);
  std::string colored(const std::string& text, const char* code) const;
  void clear_bar();

  std::ostream& out_;
  ConsoleOptions options_;
  const train::RunInfo* run_ = nullptr;
  double validation_seconds_ = 0;  ///< duration of the last validation
  bool bar_shown_ = false;
};

}  // namespace lenet::cli
