#pragma once

#include <ostream>
#include <string>
#include <utility>

#include "engine/train/observer.hpp"

namespace lenet::cli {

struct ConsoleOptions {
  bool bar = false;       ///< redraw a progress bar in place: for a terminal
  bool color = false;     ///< ANSI colours
  bool quiet = false;     ///< the result alone
  bool kept = true;       ///< the run's files stay, so that it makes sense to name them
  std::string data = {};  ///< folder that the user named for the data, if any
};

/// What standard output can show: a bar on a terminal, colours there unless NO_COLOR is set.
ConsoleOptions console_options_here(bool quiet);

/// The width of the terminal at standard output, 80 where it is none.
int terminal_width();

/// Tells a run to a person: a progress bar or nothing between evaluations, one line per evaluation, and the
/// result with what to do next.
class Console : public train::Observer {
 public:
  Console(std::ostream& out, ConsoleOptions options) : out_(out), options_(std::move(options)) {}

  void on_begin(const train::RunInfo& run, Program& program) override;
  void on_progress(const train::Progress& progress) override;
  void on_evaluation(const train::Evaluation& evaluation, Program& program) override;
  void on_end(const train::RunEnd& end, Program& program) override;

 private:
  std::string best_text(const train::RunEnd& end) const;
  std::string name_of_evaluation(std::int64_t evaluation) const;
  /// With the number at least `width` wide.
  std::string name_of_evaluation(std::int64_t evaluation, std::size_t width) const;
  std::int64_t evaluation_total() const;
  std::string colored(const std::string& text, const char* code) const;
  void clear_bar();

  std::ostream& out_;
  ConsoleOptions options_;
  const train::RunInfo* run_ = nullptr;
  bool bar_shown_ = false;
};

/// The bar's line, at most `width` columns wide: what does not fit is left out,
/// the bar first, then from the right.
std::string progress_line(const std::string& label, const train::Progress& progress, int width);

/// 75.2 → "1:15"; 3700 → "1:01:40".
std::string duration_text(double seconds);

}  // namespace lenet::cli
