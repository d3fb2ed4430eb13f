#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;
namespace fs = std::filesystem;

namespace {

/// A run that was stopped before its first evaluation.
struct UnevaluatedRun : ToolRuns {
  UnevaluatedRun() {
    Process process(train_command(tiny({"--model", "regressor", "--epochs", "1000000", "--evaluate-every",
                                        "1000000", "--no-tensorboard", "--out", "early"})),
                    options);
    REQUIRE(process.wait_until([&] { return fs::exists(folder / "early/metrics.csv"); }));
    process.send(SIGTERM);
    process.wait();
    REQUIRE_FALSE(fs::exists(folder / "early/best.bin"));
  }
};

constexpr const char* kMessage =
    "best.bin: is not there yet: a run writes its first at its first evaluation\n";

}  // namespace

TEST_CASE_METHOD(UnevaluatedRun,
                 "every program that needs weights says that a run has none before its first evaluation",
                 "[unevaluated_run]") {
  const std::vector<std::vector<std::string>> commands = {
      {LENET_EVAL_PROGRAM, "early", "--data", "data"},
      {LENET_EVAL_PROGRAM, "early/best.bin", "--data", "data"},
      {LENET_PREDICT_PROGRAM, "early", "--data", "data", "--index", "0"},
      {LENET_EXPORT_PROGRAM, "early/best.bin", "model.onnx"},
      {LENET_PLOT_PROGRAM, "--confusion", "early/best.bin", "--data", "data", "-o", "confusion.svg"},
      {LENET_REPORT_PROGRAM, "early", "--data", "data"},
      {LENET_SERVE_PROGRAM, "early", "--port", "0"},
      {LENET_TRAIN_PROGRAM, "--init", "early", "--data", "data", "--validation", "120", "--model",
       "regressor", "--out", "next"}};
  for (const auto& command : commands) {
    const ProcessResult result = run_process(command, options);
    INFO(command[0] << ": " << result.errors);
    CHECK(result.exit_code == 1);
    CHECK(line_count(result.errors) == 1);
    CHECK_THAT(result.errors, contains("early/" + std::string(kMessage)));
  }
  options.folder = folder / "early";
  CHECK(eval({"best.bin", "--data", "../data"}).errors == "lenet_eval: " + std::string(kMessage));
}

TEST_CASE_METHOD(UnevaluatedRun, "a run without weights is left out where there are others",
                 "[unevaluated_run]") {
  REQUIRE(train_tiny({"--model", "regressor", "--epochs", "1", "--out", "run"}).exit_code == 0);
  const ProcessResult evaluated = eval({"early", "run", "--data", "data", "--device", "cpu", "--quiet"});
  CHECK(evaluated.exit_code == 1);
  CHECK(evaluated.errors == "lenet_eval: early/" + std::string(kMessage));
  CHECK(line_count(evaluated.output) == 1);
  const ProcessResult listed = runs({"."});
  CHECK(listed.exit_code == 0);
  CHECK(listed.errors.empty());
  CHECK_THAT(listed.output, contains("\nearly ") && contains("\nrun "));
}

TEST_CASE_METHOD(UnevaluatedRun,
                 "a missing best.bin that was there once, or is no run's, is not expected later",
                 "[unevaluated_run]") {
  REQUIRE(train_tiny({"--model", "regressor", "--epochs", "1", "--out", "run"}).exit_code == 0);
  fs::remove(folder / "run/best.bin");
  fs::create_directory(folder / "empty");
  for (const char* name : {"run", "run/best.bin", "empty", "empty/best.bin"}) {
    const ProcessResult result = eval({name, "--data", "data"});
    INFO(result.errors);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.errors, contains("best.bin: cannot be opened: No such file or directory\n"));
  }
}
