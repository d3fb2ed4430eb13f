#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/run_content.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

/// A run of a few seconds that signals are sent to.
struct SignalledRun : ToolRuns {
  std::vector<std::string> arguments(const std::string& out) const {
    return tiny({"--model", "mlp", "--epochs", "20", "--batch", "4", "--out", out});
  }
  int rows() const { return line_count(file("run/metrics.csv")) - 1; }

  void check_equal_to_uninterrupted() const {
    REQUIRE(train(arguments("whole")).exit_code == 0);
    for (const char* name : {"best.bin", "last.bin", "metrics.csv"})
      CHECK(run_content(folder / "run" / name) == run_content(folder / "whole" / name));
  }
  std::vector<std::string> in_shell(const std::string& script) const {
    std::vector<std::string> all = {"/bin/sh", "-c", script, "sh"};
    for (const std::string& part : train_command(arguments("run"))) all.push_back(part);
    return all;
  }
};

bool can_make_containers() {
  return std::filesystem::exists("/usr/bin/unshare") &&
         run_process({"/usr/bin/unshare", "--pid", "--fork", "/bin/true"}).exit_code == 0;
}

}  // namespace

TEST_CASE_METHOD(SignalledRun, "a scheduler's warning saves the state, and the run goes on",
                 "[signals][long]") {
  const int signal = GENERATE(SIGUSR1, SIGUSR2);
  Process process(train_command(arguments("run")), options);
  REQUIRE(process.wait_until([&] { return rows() >= 2; }));
  process.send(signal);
  const ProcessResult result = process.wait();
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("Saving last.bin after") && contains("Epoch 20/20"));
  check_equal_to_uninterrupted();
}

TEST_CASE_METHOD(SignalledRun, "the end of a session saves the state of a run that --resume finishes",
                 "[signals][long]") {
  Process process(train_command(arguments("run")), options);
  REQUIRE(process.wait_until([&] { return rows() >= 2; }));
  for (int i = 0; i < 3; ++i) process.send(SIGHUP);
  CHECK(process.wait().exit_code == 128 + SIGHUP);
  CHECK(train({"--resume", "run"}).exit_code == 0);
  check_equal_to_uninterrupted();
}

TEST_CASE_METHOD(SignalledRun, "a run under nohup outlives the session", "[signals]") {
  Process process(in_shell("trap '' HUP; exec \"$@\""), options);
  REQUIRE(process.wait_until([&] { return rows() >= 2; }));
  process.send(SIGHUP);
  CHECK(process.wait().exit_code == 0);
  CHECK(rows() == 20);
}

TEST_CASE_METHOD(SignalledRun, "timeout, which signals twice, does not cost the work of a run", "[signals]") {
  if (!std::filesystem::exists("/usr/bin/timeout")) LENET_SKIP("timeout is not installed");
  std::vector<std::string> all = {"/usr/bin/timeout", "3"};
  for (const std::string& part :
       train_command(tiny({"--model", "mlp", "--epochs", "100000", "--batch", "4", "--out", "run"})))
    all.push_back(part);
  const ProcessResult result = run_process(all, options);
  INFO(result.output << result.errors);
  CHECK(result.exit_code == 124);
  CHECK_THAT(result.output, contains("Stopped after") && contains("To go on: lenet_train --resume run"));
}

TEST_CASE_METHOD(SignalledRun, "as process 1 of a container a run is saved, and every program ends",
                 "[signals]") {
  if (!can_make_containers()) LENET_SKIP("no process namespace can be made");
  const std::string signal = GENERATE("TERM", "INT");
  const int code = signal == "TERM" ? 143 : 130;
  const std::string send = "(sleep 3; kill -" + signal + " 1) & exec \"$@\"";
  std::vector<std::string> all = {"/usr/bin/unshare", "--pid", "--fork", "/bin/sh", "-c", send, "sh"};
  std::vector<std::string> training = all;
  for (const std::string& part :
       train_command(tiny({"--model", "mlp", "--epochs", "100000", "--batch", "4", "--out", "run"})))
    training.push_back(part);
  const ProcessResult stopped = run_process(training, options);
  CHECK(stopped.exit_code == code);
  CHECK_THAT(stopped.output, contains("To go on: lenet_train --resume run"));

  std::vector<std::string> benchmark = all;
  for (const char* part : {LENET_BENCH_PROGRAM, "--model", "cnn", "--steps", "1000000", "--data", "data",
                           "--validation", "120", "--device", "cpu"})
    benchmark.emplace_back(part);
  CHECK(run_process(benchmark, options).exit_code == code);
}
