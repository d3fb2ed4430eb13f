#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/faults/fault_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

std::vector<std::string> short_run(const std::string& out, const std::string& epochs) {
  return ToolRuns::tiny({"--model", "regressor", "--batch", "50", "--epochs", epochs, "--out", out});
}

/// Number of rows in a run's metrics.csv.
int rows(const ToolRuns& runs, const std::string& run) {
  return line_count(runs.file(run + "/metrics.csv")) - 1;
}

}  // namespace

TEST_CASE_METHOD(FaultRuns, "a new run looks at its folder after it has locked it", "[faults][lock]") {
  LENET_NEEDS_FAULTS();
  Process late(train_command(short_run("run", "1")), with_fault("flock 1 wait run"));
  REQUIRE(wait_for_gate(late));
  REQUIRE(train(short_run("run", "3")).exit_code == 0);
  const std::string best = file("run/best.bin");
  open_gate();
  const ProcessResult refused = late.wait();
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, contains("--out run: is there already"));
  CHECK(rows(*this, "run") == 3);
  CHECK(file("run/best.bin") == best);
}

TEST_CASE_METHOD(FaultRuns, "a numbered folder that another program took first gets the next number",
                 "[faults][lock]") {
  LENET_NEEDS_FAULTS();
  Process late(train_command(tiny({"--model", "regressor", "--epochs", "1"})),
               with_fault("flock 1 wait regressor-1"));
  REQUIRE(wait_for_gate(late));
  REQUIRE(train(short_run("runs/regressor-1", "2")).exit_code == 0);
  open_gate();
  CHECK(late.wait().exit_code == 0);
  CHECK(rows(*this, "runs/regressor-1") == 2);
  CHECK(rows(*this, "runs/regressor-2") == 1);
}

TEST_CASE_METHOD(FaultRuns, "a resumed run reads its state after it has locked the folder",
                 "[faults][lock]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(train(short_run("run", "1")).exit_code == 0);
  Process late(train_command({"--resume", "run", "--epochs", "2"}), with_fault("flock 1 wait run"));
  REQUIRE(wait_for_gate(late));
  REQUIRE(train({"--resume", "run", "--epochs", "4"}).exit_code == 0);
  const std::string last = file("run/last.bin");
  open_gate();
  CHECK(late.wait().output.find("Epoch 2") == std::string::npos);
  CHECK(rows(*this, "run") == 4);
  CHECK(file("run/last.bin") == last);
}

TEST_CASE_METHOD(FaultRuns, "last.bin is replaced when all that it relies on is on the disk",
                 "[faults][order]") {
  LENET_NEEDS_FAULTS();
  std::vector<std::string> arguments = short_run("run", "3");
  REQUIRE(run_process(train_command(arguments), with_log("calls")).exit_code == 0);
  std::istringstream calls(file("calls"));
  std::set<std::string> unflushed;
  int replaced = 0;
  const auto is_of_run = [](const std::string& path) {
    return path.find("run/") != std::string::npos && path.find("last.bin") == std::string::npos;
  };
  std::string call;
  std::string path;
  while (calls >> call && std::getline(calls >> std::ws, path)) {
    if (call == "write" && is_of_run(path)) unflushed.insert(path);
    if (call == "fsync") unflushed.erase(path);
    if (call != "rename" || path.find("last.bin") == std::string::npos) continue;
    ++replaced;
    for (const std::string& written : unflushed) FAIL_CHECK(written);
  }
  CHECK(replaced >= 2);  // a fast run skips some evaluations
}

TEST_CASE_METHOD(FaultRuns, "every folder that a new run makes is flushed with its name", "[faults][order]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(run_process(train_command(short_run("deep/er/run", "1")), with_log("calls")).exit_code == 0);
  const std::string calls = file("calls");
  const std::string here = std::filesystem::canonical(folder.path()).string();
  for (const std::string made :
       {"deep", "deep/er", "deep/er/run", "deep/er/run/train", "deep/er/run/validation"}) {
    INFO(made);
    const std::size_t at = calls.find("mkdir " + made + "\n");
    REQUIRE(at != std::string::npos);
    const std::string parent = (here / std::filesystem::path(made).parent_path()).lexically_normal().string();
    const std::string flushed =
        "fsync " + (parent.ends_with('/') ? parent.substr(0, parent.size() - 1) : parent) + "\n";
    CHECK(calls.find(flushed, at) < calls.find("rename deep/er/run/last.bin"));
  }
}

TEST_CASE_METHOD(FaultRuns, "no kill or fault while a run is resumed loses a row of metrics.csv",
                 "[faults][metrics]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(train(short_run("whole", "4")).exit_code == 0);
  REQUIRE(train(short_run("stopped", "2")).exit_code == 0);
  std::ofstream(folder / "stopped/metrics.csv", std::ios::app) << "3,30,0.";  // what a kill may leave
  const std::string action = GENERATE("kill", "kill_after", "ENOSPC", "EIO", "half");
  for (const std::string call : {"open", "write", "fsync", "close", "rename"}) {
    if (action == "half" && call != "write") continue;
    for (int n = 1; n <= 3; ++n) {
      INFO(call << " " << n << " " << action);
      std::filesystem::remove_all(folder / "run");
      std::filesystem::copy(folder / "stopped", folder / "run", std::filesystem::copy_options::recursive);
      train_with_fault({"--resume", "run", "--epochs", "4"},
                       call + " " + std::to_string(n) + " " + action + " metrics.csv");
      const ProcessResult resumed = train({"--resume", "run", "--epochs", "4"});
      INFO(resumed.errors);
      CHECK(resumed.exit_code == 0);
      CHECK(resumed.errors.empty());
      CHECK(file("run/metrics.csv") == file("whole/metrics.csv"));
      CHECK(file("run/best.bin") == file("whole/best.bin"));
      CHECK(file("run/last.bin") == file("whole/last.bin"));
    }
  }
}
