#include "tools/cli/run_summary.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sys/stat.h>

#include "engine/core/error.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/io_error.hpp"
#include "engine/core/number.hpp"
#include "engine/core/text.hpp"
#include "engine/io/metrics_table.hpp"
#include "tools/cli/run_folder.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 8;  // folders below the one that the user names

/// Adds the runs below a folder, and why folders below it cannot be read. Throws IoError if the folder itself
/// cannot be read.
void add_runs(FoundFolders& found, const fs::path& folder, int depth) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->symlink_status(ignored).type() != fs::file_type::directory) continue;
    if (is_run(entry->path()))
      found.runs.push_back(entry->path());
    else if (depth < kDeepest)
      try {
        add_runs(found, entry->path(), depth + 1);
      } catch (const IoError& unreadable) {
        found.faults.emplace_back(unreadable.what());
      }
  }
  if (error) throw_io_error(folder, "read", error.value());
}

/// Returns the metadata of a checkpoint of the run, or nullopt if there is none. Throws CheckpointError for
/// one of another model: config.toml, or the checkpoint, is not the run's own any more.
std::optional<io::Checkpoint> metadata_if_there(const RunSummary& run, const char* name) {
  const fs::path file = run.folder / name;
  if (!is_there(file)) return std::nullopt;
  io::Checkpoint checkpoint = io::read_checkpoint_metadata(file);
  if (run.options && run.options->model != checkpoint.info.model)
    throw CheckpointError(fmt::format("{}: has weights of the model '{}', but config.toml says '{}'",
                                      file.string(), shortened(checkpoint.info.model), run.options->model));
  return checkpoint;
}

TrainOptions options_of(const fs::path& folder) {
  TrainOptions options = options_in_file((folder / "config.toml").string());
  resolve(options);
  return options;
}

void add_progress(RunSummary& run) {
  const auto last = metadata_if_there(run, "last.bin");
  run.epoch = last ? static_cast<double>(last->info.epoch) : 0;
  run.step = last ? last->info.step : 0;
  if (last && last->state && run.options && is_finished(*run.options, last->info, *last->state))
    run.state = RunState::finished;
}

void add_best(RunSummary& run) {
  const auto best = metadata_if_there(run, "best.bin");
  if (!best) return;
  const io::CheckpointInfo& info = best->info;
  run.best = {.epoch = static_cast<double>(info.epoch),
              .step = info.step,
              .val_loss = info.val_loss,
              .val_accuracy = info.val_accuracy};
  run.test = read_test_result(run.folder, info.digest);
}

/// Returns nullopt before the first evaluation, and for runs of versions that did not write the time.
std::optional<double> training_time(const fs::path& folder) {
  if (!is_there(folder / "metrics.csv")) return std::nullopt;
  const std::vector<io::MetricsRow> rows = io::read_metrics_so_far(folder / "metrics.csv");
  if (rows.empty() || !rows.back().has_time()) return std::nullopt;
  return rows.back().seconds;
}

std::time_t latest_change(const fs::path& folder) {
  std::time_t latest = 0;
  for (const char* file : {"config.toml", "metrics.csv", "best.bin", "last.bin"}) {
    struct stat status {};
    if (::stat((folder / file).c_str(), &status) == 0) latest = std::max(latest, status.st_mtime);
  }
  return latest;
}

}  // namespace

bool naturally_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view number_a = leading_digits(a);
    const std::string_view number_b = leading_digits(b);
    if (!number_a.empty() && !number_b.empty()) {
      const auto value = [](std::string_view digits) {
        return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
      };
      const std::string_view value_a = value(number_a);
      const std::string_view value_b = value(number_b);
      if (value_a != value_b)
        return value_a.size() != value_b.size() ? value_a.size() < value_b.size() : value_a < value_b;
      a.remove_prefix(number_a.size());
      b.remove_prefix(number_b.size());
      continue;
    }
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() < b.size();
}

bool is_run(const fs::path& folder) { return is_there(folder / "config.toml"); }

FoundFolders find_runs(const fs::path& folder) {
  if (is_run(folder)) return {.runs = {folder}};
  FoundFolders found;
  add_runs(found, folder, 0);
  std::ranges::sort(found.runs, [](const fs::path& a, const fs::path& b) {
    return naturally_before(a.string(), b.string());
  });
  return found;
}

bool is_finished(const TrainOptions& options, const io::CheckpointInfo& info, const io::RunState& state) {
  if (options.patience && state.evaluations_without_progress >= *options.patience) return true;
  const bool is_evaluated = state.training.count == 0;
  const bool is_done =
      options.steps ? info.step >= *options.steps
                    : static_cast<double>(info.epoch) >= static_cast<double>(options.epochs.value_or(0));
  return is_done && is_evaluated;
}

RunSummary summarize_run(const fs::path& folder) {
  RunSummary run{.folder = folder};
  const auto read = [&](const auto& part) {
    try {
      part();
    } catch (const Error& error) {
      run.faults.emplace_back(error.what());
    }
  };
  read([&] { run.options = options_of(folder); });
  read([&] { add_progress(run); });
  read([&] { add_best(run); });
  read([&] { run.seconds = training_time(folder); });
  if (is_folder_locked(folder)) run.state = RunState::running;
  if (!run.faults.empty()) run.state = RunState::unreadable;
  run.changed = latest_change(folder);
  return run;
}

}  // namespace lenet::cli
