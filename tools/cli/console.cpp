#include "tools/cli/console.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <string_view>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/io/checkpoint.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/progress_text.hpp"
#include "tools/cli/standard_streams.hpp"
#include "tools/cli/terminal.hpp"

namespace lenet::cli {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kClearLine = "\r\033[K";

const char* how_it_ended(train::RunEnd::Reason reason) {
  switch (reason) {
    case train::RunEnd::Reason::finished:
      return "Finished";
    case train::RunEnd::Reason::early_stop:
      return "No progress, stopped early";
    case train::RunEnd::Reason::signal:
      return "Stopped";
    case train::RunEnd::Reason::error:
      break;
  }
  return "Failed";
}

}  // namespace

ConsoleOptions console_options_here(bool quiet) {
  const char* terminal = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  const bool is_terminal = isatty(output_descriptor());
  const bool capable = is_terminal && !(terminal && std::string_view(terminal) == "dumb");
  return {.bar = capable && !quiet,
          .color = capable && !(no_color && *no_color),
          .folds = is_terminal,
          .quiet = quiet};
}

void Console::on_begin(const train::RunInfo& run, Program&) { run_ = &run; }

void Console::on_progress(const train::Progress& progress) {
  if (progress.save_requested && !options_.quiet) {
    clear_bar();
    print({"Saving last.bin after " + steps_text(progress.step)});
  }
  if (!options_.bar) return;
  // Leaves one column free, because some terminals wrap a line of their full width.
  out_ << kClearLine << progress_line(progress, run_->run_length, validation_seconds_, terminal_width() - 1)
       << std::flush;
  bar_shown_ = true;
}

void Console::on_evaluation(const train::Evaluation& evaluation, Program&) {
  clear_bar();
  validation_seconds_ = evaluation.validation_seconds;
  if (options_.quiet) return;
  std::vector<std::string> parts = {place_text(run_->run_length, evaluation.step),
                                    "loss " + loss_text(evaluation.training.loss(), 4),
                                    fmt::format("accuracy {:.4f}", evaluation.training.accuracy())};
  if (evaluation.validation.count > 0) {
    parts.push_back("val_loss " + loss_text(evaluation.validation.loss(), 4));
    parts.push_back(fmt::format("val_accuracy {:.4f}", evaluation.validation.accuracy()));
  }
  parts.push_back(duration_text(evaluation.seconds));
  parts.push_back(rate_text(evaluation.images_per_second));
  parts.push_back(improvement_text(evaluation));
  print(parts);
}

std::string Console::improvement_text(const train::Evaluation& evaluation) const {
  if (evaluation.validation.count == 0) return "saving best.bin";
  if (evaluation.improved()) {
    const double before = *evaluation.improved_from;  // infinite if no best.bin has been saved
    const std::string improved =
        std::isinf(before) ? "" : "val_loss improved from " + loss_text(before, 5) + ", ";
    return colored(improved + "saving best.bin", kGreen);
  }
  return "val_loss did not improve from " + loss_text(evaluation.state.best_val_loss, 5);
}

void Console::print(const std::vector<std::string>& parts) {
  out_ << folded(parts, options_.folds ? terminal_width() - 1 : 0) << std::flush;
}

// A command stays whole, so that it can be copied.
void Console::print_command(const std::string& purpose, const std::string& command) {
  const bool fits = !options_.folds || columns(purpose) + 1 + columns(command) < terminal_width();
  out_ << purpose << (fits ? " " : "\n  ") << command << '\n';
}

void Console::on_end(const train::RunEnd& end, Program&) {
  clear_bar();
  if (!run_) return;
  const std::string ended = ended_text(end);
  if (options_.folds)
    print({ended, best_text(end)});
  else
    out_ << ended << "; " << best_text(end) << '\n';
  if (end.reason == train::RunEnd::Reason::signal && options_.kept)
    print_command("To go on:", "lenet_train --resume " + shell_quoted(run_->folder.string()));
  else if (end.reason != train::RunEnd::Reason::error && options_.kept && !options_.quiet)
    print_command("To test the weights:",
                  "lenet_eval " + shell_quoted((run_->folder / "best.bin").string()) +
                      (options_.data.empty() ? "" : " --data " + shell_quoted(options_.data)));
  out_ << std::flush;
}

// The time is that of this process.
std::string Console::ended_text(const train::RunEnd& end) const {
  const std::string text = fmt::format("{} after {}", how_it_ended(end.reason), steps_text(end.step));
  if (run_->first_step == 0) return fmt::format("{} in {}", text, duration_text(end.seconds));
  const std::int64_t here = std::max<std::int64_t>(0, end.step - run_->first_step);
  return fmt::format("{}, {} of them in {}", text, with_thousands(here), duration_text(end.seconds));
}

std::string Console::best_text(const train::RunEnd& end) const {
  const bool failed = end.reason == train::RunEnd::Reason::error;
  const std::string file = printable((run_->folder / "best.bin").string());
  if (run_->validation.count() == 0 && end.state.evaluations > 0)
    return options_.kept && !failed ? "the last weights: " + file : "the last weights were kept";
  if (end.best_evaluation == 0) return "no weights have been saved yet";
  const std::string place =
      end.best_step == 0 ? "" : fmt::format(" ({})", place_text(run_->run_length, end.best_step, false));
  const std::string best = fmt::format("best val_loss {}, val_accuracy {:.4f}{}",
                                       loss_text(end.best_val_loss, 5), end.best_val_accuracy, place);
  if (!options_.kept || (failed && !is_best_saved(end))) return best;
  return fmt::format("{}: {}", best, file);
}

// After an error best.bin may be an older file: writing it may have been what failed.
bool Console::is_best_saved(const train::RunEnd& end) const {
  try {
    return io::read_checkpoint_info(run_->folder / "best.bin").val_loss == end.best_val_loss;
  } catch (const Error&) {
    return false;
  }
}

std::string Console::colored(const std::string& text, const char* code) const {
  return options_.color ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

void Console::clear_bar() {
  if (bar_shown_) out_ << kClearLine;
  bar_shown_ = false;
}

}  // namespace lenet::cli
