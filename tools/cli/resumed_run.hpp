#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "engine/graph/graph.hpp"
#include "engine/io/checkpoint.hpp"
#include "engine/train/observer.hpp"
#include "tools/cli/train_options.hpp"

/// What a run must agree with to go on.
namespace lenet::cli {

/// Returns the options that a resumed run cannot change, as text by their keys: {"batch", "50"}. The options
/// must be resolved.
std::map<std::string, std::string> kept_settings(TrainOptions options);

/// With --resume-if-there, and if --out holds a run: locks it, sets the options that --resume sets, and
/// throws UsageError if other options than those that may change differ from the run's. Does nothing
/// otherwise.
void go_on_if_there(TrainOptions& options);

/// Reads the last.bin of the resumed run. Returns nullopt for a new run, and for one that was stopped before
/// its first last.bin. Throws CheckpointError if the file is no state of a run with these options.
std::optional<io::Checkpoint> earlier_state(const TrainOptions& options, const Graph& graph);

/// Throws CheckpointError unless the state was reached on the run's data, which are in the folder `data`, and
/// with its optimizer, which has so many moments, and its figures agree with the run's length.
void require_same_run(const io::Checkpoint& state, const TrainOptions& options, const train::RunInfo& run,
                      std::size_t moments, const std::filesystem::path& data);

/// Returns the state of a resumed run. If its best.bin does not hold the best weights any more, warns of it,
/// and lets the next evaluation write the file.
io::RunState without_lost_best(io::RunState state, const TrainOptions& options, const Graph& graph);

/// Throws CheckpointError if a resumed run without last.bin has weights that starting over would replace.
void require_nothing_to_lose(const TrainOptions& options, const train::RunInfo& run);

/// Returns the line that says why a resumed run has nothing left to do, or nullopt if it has. Throws
/// UsageError if the run has done more than the options ask for.
std::optional<std::string> completion_of(const io::RunState& state, const TrainOptions& options,
                                         const train::RunInfo& run);

}  // namespace lenet::cli
