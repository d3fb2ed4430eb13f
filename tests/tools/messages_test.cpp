#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

TEST_CASE_METHOD(
    ToolRuns, "an error is a line of bounded length that ends with what went wrong, however long the names",
    "[messages]") {
  REQUIRE(
      train_tiny({"--model", "regressor", "--epochs", "1", "--no-tensorboard", "--out", "run"}).exit_code ==
      0);
  const std::string path(5000, 'x');
  const std::string too_long = "File name too long\n";
  struct Case {
    std::vector<std::string> command;
    std::string end;
  };
  const std::vector<Case> cases = {
      {{LENET_TRAIN_PROGRAM, "--data", "data", "--validation", "120", "--model", "regressor", "--out", path},
       too_long},
      {{LENET_TRAIN_PROGRAM, "--resume", path}, "there is no run in it that could go on\n"},
      {{LENET_TRAIN_PROGRAM, "--config", path}, too_long},
      {{LENET_TRAIN_PROGRAM, "--data", path}, "no such folder\n"},
      {{LENET_EVAL_PROGRAM, path}, too_long},
      {{LENET_EXPORT_PROGRAM, path}, too_long},
      {{LENET_EXPORT_PROGRAM, "run", path + ".onnx"}, too_long},
      {{LENET_TRAIN_PROGRAM, "--data", "data", "--validation", "120", "--init", path}, too_long},
      {{LENET_PLOT_PROGRAM, path}, too_long},
      {{LENET_PLOT_PROGRAM, "run", "-o", path + ".svg"}, too_long},
      {{LENET_PLOT_PROGRAM, "run", "-o", path}, "must end in .png, .svg or .pdf\n"},
      {{LENET_REPORT_PROGRAM, path}, "is no run: it has no config.toml\n"},
      {{LENET_REPORT_PROGRAM, "run", "-o", path}, too_long},
      {{LENET_RUNS_PROGRAM, path}, too_long},
      {{LENET_PREDICT_PROGRAM, "run", path}, too_long},
      {{LENET_PREDICT_PROGRAM, "run", "--index", path}, "is not a list like 7,42 or 0-9\n"},
      {{LENET_DATA_PROGRAM, "info", "--data", path}, "no such folder\n"},
      {{LENET_DATA_PROGRAM, "synthesize", "--train", "10", "--test", "10", "--out", path}, too_long},
      {{LENET_DATA_PROGRAM, "fetch", "--out", "digits", "--mirror", "file:///" + path}, "\n"}};
  for (const Case& refused : cases) {
    const ProcessResult result = run_process(refused.command, options);
    INFO(refused.command[0] << " " << refused.command[1] << ": " << result.errors);
    CHECK(result.exit_code != 0);
    CHECK(result.errors.ends_with(refused.end));
    constexpr std::size_t kLine = 1100;
    CHECK(result.errors.size() < kLine * static_cast<std::size_t>(line_count(result.errors)));
    CHECK(line_count(result.errors) <= 2);
  }
}

TEST_CASE_METHOD(ToolRuns, "no name of a file makes a terminal do something", "[messages]") {
  const std::string name = "a\x1b[31m\nb\xff";
  const auto check_harmless = [](const ProcessResult& result) {
    INFO(result.output << result.errors);
    CHECK_THAT(result.output + result.errors, contains(R"(a\x1b[31m\nb\xff)"));
    CHECK(result.output.find('\x1b') == std::string::npos);
    CHECK(result.errors.find('\x1b') == std::string::npos);
  };
  std::filesystem::create_directory_symlink("data", folder / (name + " data"));
  check_harmless(train({"--data", name + " data", "--validation", "120", "--device", "cpu", "--threads", "1",
                        "--model", "regressor", "--epochs", "1", "--out", name}));
  check_harmless(train({"--resume", name}));
  check_harmless(plot({name, "-o", name + ".svg"}));
  check_harmless(eval({name, "--data", "data", "--plot", name + ".svg"}));
  check_harmless(export_model({name, name + ".onnx"}));
  check_harmless(predict({name, name + ".png"}));
  check_harmless(run_process({LENET_DATA_PROGRAM, "info", "--data", name + " data"}, options));
  check_harmless(run_process({LENET_DATA_PROGRAM, "verify", "--data", name + " data"}, options));
  check_harmless(run_process(
      {LENET_DATA_PROGRAM, "synthesize", "--train", "10", "--test", "10", "--out", name + " digits"},
      options));
}

TEST_CASE_METHOD(ToolRuns, "a place that cannot be written is found before the work is done", "[messages]") {
  // No user, not even root, can make a file there, nor one with such a name.
  const std::string place = GENERATE(std::string("/proc/a"), std::string(300, 'a'));
  const std::vector<std::vector<std::string>> commands = {
      {LENET_EVAL_PROGRAM, "missing", "--plot", place + ".png"},
      {LENET_PREDICT_PROGRAM, "missing", "--index", "0", "--plot", place + ".png"},
      {LENET_PLOT_PROGRAM, "missing", "-o", place + ".png"},
      {LENET_PLOT_PROGRAM, "--confusion", "missing", "-o", place + ".png"},
      {LENET_REPORT_PROGRAM, "missing", "-o", place + ".html"},
      {LENET_EXPORT_PROGRAM, "missing", place + ".onnx"}};
  for (const std::vector<std::string>& command : commands) {
    const ProcessResult result = run_process(command, options);
    INFO(command.front() << ": " << result.errors);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.errors, contains(place + ".") && contains(": cannot be made: "));
    CHECK(line_count(result.errors) == 1);
  }
}
