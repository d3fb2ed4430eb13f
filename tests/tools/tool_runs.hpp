#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/tools/tiny_data.hpp"

namespace lenet::cli {

/// A folder with tiny data in it, in which the real programs are run.
class ToolRuns {
 public:
  ToolRuns() { write_tiny_data(folder / "data"); }

  std::vector<std::string> train_command(const std::vector<std::string>& arguments) const {
    return command(LENET_TRAIN_PROGRAM, arguments);
  }
  ProcessResult train(const std::vector<std::string>& arguments) const {
    return run_process(train_command(arguments), options);
  }
  /// With the tiny data, on the CPU with one thread.
  ProcessResult train_tiny(std::vector<std::string> arguments) const {
    return train(tiny(std::move(arguments)));
  }
  ProcessResult eval(const std::vector<std::string>& arguments) const {
    return run_process(command(LENET_EVAL_PROGRAM, arguments), options);
  }
  ProcessResult bench(const std::vector<std::string>& arguments) const {
    return run_process(command(LENET_BENCH_PROGRAM, arguments), options);
  }
  ProcessResult plot(const std::vector<std::string>& arguments) const {
    return run_process(command(LENET_PLOT_PROGRAM, arguments), options);
  }
  ProcessResult export_model(const std::vector<std::string>& arguments) const {
    return run_process(command(LENET_EXPORT_PROGRAM, arguments), options);
  }
  ProcessResult predict(const std::vector<std::string>& arguments) const {
    return run_process(command(LENET_PREDICT_PROGRAM, arguments), options);
  }
  ProcessResult report(const std::vector<std::string>& arguments) const {
    return run_process(command(LENET_REPORT_PROGRAM, arguments), options);
  }
  ProcessResult runs(const std::vector<std::string>& arguments) const {
    return run_process(command(LENET_RUNS_PROGRAM, arguments), options);
  }
  static std::vector<std::string> tiny(std::vector<std::string> arguments) {
    for (const char* argument :
         {"--data", "data", "--validation", "120", "--device", "cpu", "--threads", "1"})
      arguments.emplace_back(argument);
    return arguments;
  }
  std::string file(const std::filesystem::path& name) const { return read_all(folder / name); }

  TemporaryFolder folder;
  ProcessOptions options{.folder = folder.path()};

 private:
  static std::vector<std::string> command(const char* program, const std::vector<std::string>& arguments) {
    std::vector<std::string> all{program};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
};

inline int line_count(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace lenet::cli
