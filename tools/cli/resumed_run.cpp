#include "tools/cli/resumed_run.hpp"

#include <filesystem>
#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/core/warning.hpp"
#include "engine/train/checkpoints.hpp"
#include "engine/train/state_check.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

using Settings = std::map<std::string, std::string>;

fs::path file_of(const TrainOptions& options, const char* name) { return fs::path(*options.resume) / name; }

/// Returns the key of the first setting that two runs have with different values, or nullopt. A setting that
/// one of them lacks may be newer than the other's program.
std::optional<std::string> difference(const Settings& earlier, const Settings& now) {
  for (const auto& [key, value] : earlier) {
    const auto found = now.find(key);
    if (found != now.end() && found->second != value) return key;
  }
  return std::nullopt;
}

}  // namespace

Settings kept_settings(TrainOptions options) {
  Settings settings;
  if (!options.evaluate_every)
    options.evaluate_every = options.steps ? train::kStepsPerEvaluation : train::kEpochsPerEvaluation;
  const OptionSet set = train_option_set(options);
  for (const Option& option : set.options()) {
    if (!option.kept_on_resume || option.not_saved) continue;
    if (const auto value = value_text(option)) settings[config_key(option)] = *value;
  }
  return settings;
}

void go_on_if_there(TrainOptions& options) {
  if (!options.resume_if_there) return;
  if (!options.out) throw UsageError("--resume-if-there needs --out: the folder of the run");
  if (options.fast_dev_run) throw UsageError("--resume-if-there cannot be combined with --fast-dev-run");
  std::error_code ignored;  // a run that cannot be looked at is not there: making its folder says why
  if (!fs::exists(fs::path(*options.out) / "config.toml", ignored)) return;
  options.resumed = std::make_shared<RunFolder>(RunFolder::open(*options.out));
  options.resume = options.resumed->path().string();

  TrainOptions earlier = options_in_file(file_of(options, "config.toml").string());
  TrainOptions now = options;
  resolve(earlier);
  resolve(now);
  if (earlier.steps.has_value() != now.steps.has_value())
    throw UsageError(fmt::format("--out {0}: the run there counts {1}: give --{1}", *options.out,
                                 earlier.steps ? "steps" : "epochs"));
  const Settings were = kept_settings(earlier);
  const Settings are = kept_settings(now);
  if (const auto key = difference(were, are))
    throw UsageError(fmt::format("--out {}: the run there has {} {}, not {}: name another folder",
                                 *options.out, *key, were.at(*key), are.at(*key)));
  if (earlier.init != now.init)
    throw UsageError(fmt::format("--out {}: the run there started from {}, not from {}: name another folder",
                                 *options.out, earlier.init.value_or("random weights"),
                                 now.init.value_or("random weights")));
  if (!options.data) options.data = earlier.data;
}

std::optional<io::Checkpoint> earlier_state(const TrainOptions& options, const Graph& graph) {
  if (!options.resume) return std::nullopt;
  const fs::path file = file_of(options, "last.bin");
  std::error_code ignored;
  if (fs::symlink_status(file, ignored).type() == fs::file_type::not_found) {
    warn(fmt::format("{}: has no last.bin yet: it starts from the beginning", *options.resume));
    return std::nullopt;
  }
  io::Checkpoint checkpoint = io::load_checkpoint(file, graph);
  if (!checkpoint.state)
    throw CheckpointError(fmt::format("{}: holds weights alone, expected the state of a run", file.string()));
  const Settings now = kept_settings(options);
  if (const auto key = difference(checkpoint.settings, now))
    throw CheckpointError(
        fmt::format("{}: was trained with {} {}, but config.toml says {}: restore it, or start a new run",
                    file.string(), *key, checkpoint.settings.at(*key), now.at(*key)));
  // Files of earlier versions have no settings.
  if (checkpoint.info.seed != static_cast<std::uint64_t>(options.seed) ||
      checkpoint.info.validation_count != options.validation)
    throw CheckpointError(
        fmt::format("{}: belongs to another run than config.toml next to it", file.string()));
  return checkpoint;
}

void require_same_run(const io::Checkpoint& state, const TrainOptions& options, const train::RunInfo& run,
                      std::size_t moments, const fs::path& data) {
  const std::string file = file_of(options, "last.bin").string();
  if (!train::was_trained_on(state, run.training))
    throw CheckpointError(
        fmt::format("{}: was trained on other images than those in {}: see --data", file, data.string()));
  if (state.moments.size() != moments)
    throw CheckpointError(
        fmt::format("{}: was written by another optimizer than {}", file, *options.optimizer));
  if (const auto wrong = train::contradiction_in(*state.state, run))
    throw CheckpointError(fmt::format(
        "{}: cannot be a state of this run, it says {}: was config.toml changed, or the file damaged?", file,
        *wrong));
}

// best.bin is written before the last.bin that counts on it, and may be of a later step.
io::RunState without_lost_best(io::RunState state, const TrainOptions& options, const Graph& graph) {
  if (state.best_evaluation == 0) return state;
  const fs::path file = file_of(options, "best.bin");
  std::string why;
  try {
    const double val_loss = io::load_checkpoint(file, graph).info.val_loss;
    if (val_loss <= state.best_val_loss) return state;
    why = fmt::format("{}: has the weights of val_loss {}, not {}", file.string(), val_loss,
                      state.best_val_loss);
  } catch (const Error& error) {
    why = error.what();
  }
  warn(why + ": the best weights are lost: the next evaluation begins again with best.bin");
  const io::RunState none;
  state.best_val_loss = none.best_val_loss;
  state.best_val_accuracy = none.best_val_accuracy;
  state.best_evaluation = none.best_evaluation;
  state.best_step = none.best_step;
  return state;
}

// The writer of checkpoints finishes last.bin of an evaluation before it begins best.bin of the next.
void require_nothing_to_lose(const TrainOptions& options, const train::RunInfo& run) {
  const fs::path file = file_of(options, "best.bin");
  try {
    const std::int64_t step = io::read_checkpoint_info(file).step;
    if (step <= run.run_length.next_evaluation(0)) return;
    throw UsageError(
        fmt::format("{}: has the weights of step {}, but last.bin is missing: move best.bin away to "
                    "start over",
                    *options.resume, step));
  } catch (const IoError&) {
    return;  // there is none
  } catch (const CheckpointError&) {
    return;
  }
}

std::optional<std::string> completion_of(const io::RunState& state, const TrainOptions& options,
                                         const train::RunInfo& run) {
  const train::RunLength& length = run.run_length;
  const char* const unit = length.by_steps ? "steps" : "epochs";
  if (state.step > length.total_steps)
    throw UsageError(fmt::format("{}: has done {} steps already, more than the {} of --{} {}",
                                 *options.resume, state.step, length.total_steps, unit,
                                 length.by_steps ? *options.steps : *options.epochs));
  if (state.step == length.total_steps && !run.first_evaluation_pending)
    return fmt::format("{}: all its {} steps are done: --{} N goes on", *options.resume, state.step, unit);
  if (options.patience && state.evaluations_without_progress >= *options.patience)
    return fmt::format("{}: stopped after {} evaluations without improvement: a larger --patience goes on",
                       *options.resume, state.evaluations_without_progress);
  return std::nullopt;
}

}  // namespace lenet::cli
