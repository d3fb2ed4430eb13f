#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/test_result.hpp"
#include "tools/cli/train_options.hpp"

/// What the folder of a run says about it, without its data and its device.
namespace lenet::cli {

enum class RunState {
  finished,    ///< has done all its epochs or steps, or stopped early by --patience
  stopped,     ///< can go on
  running,     ///< another program holds the folder's lock
  unreadable,  ///< one of its files cannot be read, or belongs to another run
};

/// The names of the states, in the order of RunState.
inline constexpr std::array<std::string_view, 4> kRunStates = {"finished", "stopped", "running",
                                                               "unreadable"};
constexpr std::string_view name_of(RunState state) { return kRunStates[static_cast<std::size_t>(state)]; }

/// The evaluation whose weights are in best.bin.
struct BestEvaluation {
  double epoch = 0;       ///< epochs done
  std::int64_t step = 0;  ///< steps done
  double val_loss = 0;
  double val_accuracy = 0;
};

struct RunSummary {
  std::filesystem::path folder;
  std::optional<TrainOptions> options;  ///< those of config.toml, completed from the recipe
  RunState state = RunState::stopped;
  std::optional<double> epoch;       ///< epochs done, as far as last.bin has them; 0 before there is one
  std::optional<std::int64_t> step;  ///< steps done
  std::optional<BestEvaluation> best;
  std::optional<TestResult> test;  ///< of the weights that are in best.bin now
  std::optional<double> seconds;   ///< that training took until the last evaluation, as metrics.csv says
  std::time_t changed = 0;         ///< when the run last wrote one of its files, in seconds since 1970
  std::vector<std::string> faults = {};  ///< why files cannot be read; what they say is empty above
};

/// Returns whether a folder holds a run: its config.toml.
bool is_run(const std::filesystem::path& folder);

struct FoundFolders {
  std::vector<std::filesystem::path> runs = {};  ///< in natural order
  std::vector<std::string> faults = {};          ///< why folders cannot be read, in which runs may be
};

/// Returns the folder if it is a run, else all runs in it and in the folders below. Does not follow links
/// below it. Throws IoError if the folder itself cannot be read.
FoundFolders find_runs(const std::filesystem::path& folder);

/// Reads the summary of a run, which may be running. A file that cannot be read makes it unreadable, and is
/// one of its faults; the others are read all the same.
RunSummary summarize_run(const std::filesystem::path& folder);

/// Returns whether the run has done what its options ask for. `info` and `state` are those of its last.bin.
bool is_finished(const TrainOptions& options, const io::CheckpointInfo& info, const io::RunState& state);

/// Compares texts with the numbers in them as numbers: cnn-2 is before cnn-10.
bool naturally_before(std::string_view a, std::string_view b);

}  // namespace lenet::cli
