#include "tools/cli/console.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/io/checkpoint.hpp"
#include "tools/cli/standard_streams.hpp"

namespace lenet::cli {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kClearLine = "\r\033[K";
constexpr int kWidestBar = 24;
constexpr int kNarrowestBar = 6;

std::string bar_text(double done, int width) {
  const int filled = static_cast<int>(std::floor(done * width));
  std::string text;
  for (int i = 0; i < width; ++i) text += i < filled ? "━" : "─";
  return text;
}

std::string rate_text(double images_per_second) {
  return fmt::format("{} images/s", with_thousands(std::llround(images_per_second)));
}

// Shortens losses that have diverged.
std::string loss_text(double loss, int decimals) {
  return loss < 1e5 ? fmt::format("{:.{}f}", loss, decimals) : fmt::format("{:.4g}", loss);
}

std::string steps_text(std::int64_t steps) {
  return fmt::format("{} step{}", with_thousands(steps), steps == 1 ? "" : "s");
}

// Returns the width in terminal columns: one per code point, which holds for all text printed here.
int columns(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

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
  const bool capable = isatty(output_descriptor()) && !(terminal && std::string_view(terminal) == "dumb");
  return {.bar = capable && !quiet, .color = capable && !(no_color && *no_color), .quiet = quiet};
}

int terminal_width() {
  winsize size{};
  if (ioctl(output_descriptor(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string duration_text(double seconds) {
  const long long whole = std::llround(std::max(0.0, seconds));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string progress_line(const std::string& label, const train::Progress& progress, int width) {
  const auto done = static_cast<double>(progress.step_in_interval);
  const auto all = static_cast<double>(progress.steps_in_interval);
  // Estimates the remaining images from the average step so far.
  const double per_step = static_cast<double>(progress.training.count) / std::max(1.0, done);
  const double eta = (all - done) * per_step / std::max(1e-9, progress.images_per_second);
  std::string line = label;
  if (columns(line) > width) return "";
  const auto append = [&](const std::string& part) {
    const bool fits = columns(line) + 2 + columns(part) <= width;
    if (fits) line += "  " + part;
    return fits;
  };
  const std::size_t bar_at = line.size();
  const bool all_fits = append(fmt::format("{}/{}", progress.step_in_interval, progress.steps_in_interval)) &&
                        append(fmt::format("ETA {}", duration_text(eta))) &&
                        append("loss " + loss_text(progress.training.loss(), 4)) &&
                        append(fmt::format("accuracy {:.4f}", progress.training.accuracy())) &&
                        append(rate_text(progress.images_per_second));
  // Gives the bar the columns that are left, as it is the least informative part.
  const int bar = std::min(kWidestBar, width - columns(line) - 2);
  if (all_fits && bar >= kNarrowestBar) line.insert(bar_at, "  " + bar_text(done / all, bar));
  return line;
}

void Console::on_begin(const train::RunInfo& run, Program&) { run_ = &run; }

void Console::on_progress(const train::Progress& progress) {
  if (progress.save_requested && !options_.quiet) {
    clear_bar();
    out_ << fmt::format("Saving last.bin after {}\n", steps_text(progress.step)) << std::flush;
  }
  if (!options_.bar) return;
  // Leaves one column free, because some terminals wrap a line of their full width.
  out_ << kClearLine
       << progress_line(name_of_evaluation(progress.state.evaluations + 1), progress, terminal_width() - 1)
       << std::flush;
  bar_shown_ = true;
}

void Console::on_evaluation(const train::Evaluation& evaluation, Program&) {
  clear_bar();
  if (options_.quiet) return;
  const std::string improvement =
      evaluation.improved()
          ? colored("val_loss improved from " + loss_text(*evaluation.improved_from, 5) + ", saving best.bin",
                    kGreen)
          : "val_loss did not improve from " + loss_text(evaluation.state.best_val_loss, 5);
  // Prints two lines on a terminal, to fit 80 columns, and one otherwise, which is easier for programs to
  // read.
  out_ << fmt::format("{}  loss {}  accuracy {:.4f}  val_loss {}  val_accuracy {:.4f}{}{}  {}  {}\n",
                      name_of_evaluation(evaluation.number), loss_text(evaluation.training.loss(), 4),
                      evaluation.training.accuracy(), loss_text(evaluation.validation.loss(), 4),
                      evaluation.validation.accuracy(), options_.bar ? "\n  " : "  ",
                      duration_text(evaluation.seconds), rate_text(evaluation.images_per_second), improvement)
       << std::flush;
}

void Console::on_end(const train::RunEnd& end, Program&) {
  clear_bar();
  if (!run_) return;
  out_ << fmt::format("{} after {} in {}{}{}\n", how_it_ended(end.reason), steps_text(end.step),
                      duration_text(end.seconds), options_.bar ? "\n  " : "; ", best_text(end));
  if (end.reason == train::RunEnd::Reason::signal && options_.kept)
    out_ << fmt::format("To go on: lenet_train --resume {}\n", shell_quoted(run_->folder.string()));
  else if (end.reason != train::RunEnd::Reason::error && options_.kept && !options_.quiet)
    out_ << fmt::format("To test the weights: lenet_eval {}{}\n",
                        shell_quoted((run_->folder / "best.bin").string()),
                        options_.data.empty() ? "" : " --data " + shell_quoted(options_.data));
  out_ << std::flush;
}

std::string Console::best_text(const train::RunEnd& end) const {
  if (end.best_evaluation == 0) return "no weights have been saved yet";
  const std::string best =
      fmt::format("best val_loss {}, val_accuracy {:.4f} ({})", loss_text(end.best_val_loss, 5),
                  end.best_val_accuracy, name_of_evaluation(end.best_evaluation, 0));
  if (!options_.kept || (end.reason == train::RunEnd::Reason::error && !is_best_saved(end))) return best;
  return fmt::format("{}: {}", best, printable((run_->folder / "best.bin").string()));
}

// After an error best.bin may be an older file: writing it may have been what failed.
bool Console::is_best_saved(const train::RunEnd& end) const {
  try {
    return io::read_checkpoint_info(run_->folder / "best.bin").val_loss == end.best_val_loss;
  } catch (const Error&) {
    return false;
  }
}

// Returns "Epoch  3/18" or, for a run counted in steps, "Step  3000/20000".
std::string Console::name_of_evaluation(std::int64_t evaluation) const {
  return name_of_evaluation(evaluation, std::to_string(evaluation_total()).size());
}

std::int64_t Console::evaluation_total() const {
  const train::RunLength& length = run_->run_length;
  return length.by_steps ? length.total_steps : length.total_steps / length.steps_per_epoch;
}

std::string Console::name_of_evaluation(std::int64_t evaluation, std::size_t width) const {
  const train::RunLength& length = run_->run_length;
  const std::int64_t now =
      length.by_steps ? std::min(length.total_steps, evaluation * length.steps_per_evaluation) : evaluation;
  return fmt::format("{} {:>{}}/{}", length.by_steps ? "Step" : "Epoch", now, width, evaluation_total());
}

std::string Console::colored(const std::string& text, const char* code) const {
  return options_.color ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

void Console::clear_bar() {
  if (bar_shown_) out_ << kClearLine;
  bar_shown_ = false;
}

}  // namespace lenet::cli
