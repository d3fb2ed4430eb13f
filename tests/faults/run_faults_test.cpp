#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/faults/fault_runs.hpp"
#include "tests/support/run_content.hpp"

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

TEST_CASE_METHOD(FaultRuns, "a new run any of whose files cannot be opened ends with a line", "[faults]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(run_process(train_command(short_run("run", "1")), with_log("calls")).exit_code == 0);
  std::istringstream calls(file("calls"));
  int opened = 0, events = 0;
  for (std::string call; std::getline(calls, call);) {
    if (!call.starts_with("open run/")) continue;
    ++opened;
    if (call.find("/events.out.") != std::string::npos) ++events;
  }
  REQUIRE(events == 3);
  for (int n = 1; n <= opened; ++n) {
    INFO("open " << n << " of " << opened);
    std::filesystem::remove_all(folder / "run");
    const ProcessResult result =
        train_with_fault(short_run("run", "1"), "open " + std::to_string(n) + " EIO run/");
    CHECK(result.exit_code <= 1);
    CHECK(line_count(result.errors) == 1);
  }
}

TEST_CASE_METHOD(FaultRuns, "last.bin is replaced when all that it relies on is on the disk",
                 "[faults][order]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(run_process(train_command(short_run("run", "3")), with_log("calls")).exit_code == 0);
  std::istringstream calls(file("calls"));
  std::set<std::string> written;  // and not flushed since
  std::set<std::string> relied;   // written before the save began, and not flushed since
  bool saving = false;
  int replaced = 0;
  std::string call;
  std::string path;
  while (calls >> call && std::getline(calls >> std::ws, path)) {
    const auto is_in = [&](const char* name) { return path.find(name) != std::string::npos; };
    if (call == "write" && (is_in("run/metrics.csv") || is_in("run/best.bin") || is_in("events.out")))
      written.insert(path);
    if (call == "fsync") {
      // A save begins by flushing metrics.csv. What the trainer writes from then on belongs to later steps.
      if (is_in("run/metrics.csv") && !saving) {
        relied = written;
        saving = true;
      }
      written.erase(path);
      relied.erase(path);
    }
    if (call == "rename" && is_in("run/last.bin")) {
      CHECK(saving);
      for (const std::string& missing : relied) FAIL_CHECK(missing);
      saving = false;
      ++replaced;
    }
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

TEST_CASE_METHOD(FaultRuns, "a thread that cannot be started ends a run with its purpose, or is done without",
                 "[faults][thread]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(train(short_run("whole", "2")).exit_code == 0);
  int done_without = 0;
  for (int n = 1; n <= 5; ++n) {
    INFO("thread " << n);
    std::filesystem::remove_all(folder / "run");
    const ProcessResult result =
        train_with_fault(short_run("run", "2"), "thread " + std::to_string(n) + " EAGAIN");
    if (result.exit_code == 0) {
      ++done_without;
      CHECK(file("run/last.bin") == file("whole/last.bin"));
      CHECK(file("run/best.bin") == file("whole/best.bin"));
    } else {
      CHECK(result.exit_code == 1);
      CHECK_THAT(result.errors, contains("lenet_train: a thread for loading batches cannot be started: "
                                         "Resource temporarily unavailable"));
      CHECK(line_count(result.errors) == 1);
    }
  }
  CHECK(done_without >= 2);  // checkpoints are written on the trainer's own thread
}

TEST_CASE_METHOD(FaultRuns, "a save that fails is not named as the best weights", "[faults][message]") {
  LENET_NEEDS_FAULTS();
  const ProcessResult first = train_with_fault(short_run("run", "4"), "write 1+ ENOSPC best.bin");
  CHECK(first.exit_code == 1);
  CHECK(first.errors == "lenet_train: run/best.bin: cannot be written: No space left on device\n");
  CHECK_THAT(first.output, contains("Failed after") && !contains("run/best.bin"));
  REQUIRE(train(short_run("other", "4")).exit_code == 0);
  const ProcessResult third = train_with_fault(short_run("third", "4"), "write 3+ ENOSPC third/metrics.csv");
  CHECK(third.exit_code == 1);
  CHECK_THAT(third.output, contains("Failed after") && contains("third/best.bin"));
}

TEST_CASE_METHOD(FaultRuns, "no kill or fault while a run is resumed loses a row of metrics.csv",
                 "[faults][metrics]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(train(short_run("whole", "4")).exit_code == 0);
  REQUIRE(train(short_run("stopped", "2")).exit_code == 0);
  std::ofstream(folder / "stopped/metrics.csv", std::ios::app) << "3,30,0.";  // what a kill may leave
  const std::string action = GENERATE("kill", "kill_within", "kill_after", "ENOSPC", "EIO", "half");
  for (const std::string call : {"open", "write", "fsync", "close", "rename"}) {
    if ((action == "half" || action == "kill_within") && call != "write") continue;
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
      CHECK(run_content(folder / "run/metrics.csv") == run_content(folder / "whole/metrics.csv"));
      CHECK(file("run/best.bin") == file("whole/best.bin"));
      CHECK(file("run/last.bin") == file("whole/last.bin"));
    }
  }
}
