#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/fault_runs.hpp"
#include "tests/faults/harness/trials.hpp"

namespace lenet::faults {

namespace fs = std::filesystem;

/// A short run of one model, and the files of one that nothing disturbed.
struct ShortRun {
  std::string model;
  std::vector<std::string> length;  ///< options
  fs::path whole = {};              ///< folder of the undisturbed run
  std::chrono::milliseconds duration{};
};

/// Permitted end of metrics.csv and event files. A kill or a fault may cut a write short, and so leave a torn
/// row or record at the end.
enum class End { whole, torn };

/// Runs of the programs to which faults are done.
class Runs : public cli::FaultRuns {
 public:
  /// Returns a run of a model: several evaluations, saves within epochs, dropout where the model has it.
  ShortRun short_run(const std::string& model) const;

  /// The command that schedulers repeat: it starts the run in `out`, or goes on with it.
  std::vector<std::string> command(const ShortRun& run, const std::string& out = "run") const;

  /// Waits for the end of a program. Loses the try and kills the program if it goes on for 20 seconds.
  ProcessResult end_of(Process& process, Trials& trials) const;
  ProcessResult run_to_end(const std::vector<std::string>& words, const ProcessOptions& with,
                           Trials& trials) const;

  /// Demands that the program has ended like one that knows what happened: success, or one line.
  void demand_clean_end(const ProcessResult& result, Trials& trials, bool may_be_silent = false) const;
  /// Demands that every file of the run can be read.
  void demand_readable(const ShortRun& run, Trials& trials, End end, const std::string& out = "run") const;
  /// Goes on with the run, and demands that its files are those of the undisturbed run.
  void demand_resumed(const ShortRun& run, Trials& trials, const std::string& out = "run") const;
  void demand_equal(const ShortRun& run, Trials& trials, const std::string& out = "run") const;

  void clear(const std::string& out = "run") const { fs::remove_all(folder / out); }

  /// Returns the system calls of a program: "write /tmp/…/run/metrics.csv".
  std::vector<std::string> calls_of(const std::vector<std::string>& words, Trials& trials) const;
};

/// Returns what is wrong with a file of a run, or nullopt if all are as they should be.
std::optional<std::string> damage_in(const fs::path& run, const std::string& model, End end);

}  // namespace lenet::faults
