#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/faults/fault_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

std::vector<std::string> short_run(const std::string& out) {
  return ToolRuns::tiny({"--model", "regressor", "--batch", "50", "--epochs", "2", "--out", out});
}

}  // namespace

TEST_CASE_METHOD(FaultRuns, "a run goes on where files cannot be flushed, and says so once",
                 "[faults][fsync]") {
  LENET_NEEDS_FAULTS();
  REQUIRE(train(short_run("whole")).exit_code == 0);
  for (const std::string error : {"EOPNOTSUPP", "ENOSYS", "EBADF", "EINVAL"}) {
    INFO(error);
    std::filesystem::remove_all(folder / "run");
    const ProcessResult result = train_with_fault(short_run("run"), "fsync 1+ " + error);
    CHECK(result.exit_code == 0);
    CHECK(line_count(result.errors) == 1);
    CHECK_THAT(result.errors, contains("cannot be flushed to the disk on this file system"));
    CHECK(file("run/best.bin") == file("whole/best.bin"));
    CHECK(file("run/last.bin") == file("whole/last.bin"));
  }
}

TEST_CASE_METHOD(FaultRuns, "a disk that fails ends a run in one line that names the file",
                 "[faults][fsync]") {
  LENET_NEEDS_FAULTS();
  for (const std::string name :
       {"config.toml", "machine.json", "best.bin", "last.bin", "metrics.csv", "run/train/events"}) {
    INFO(name);
    std::filesystem::remove_all(folder / "run");
    const ProcessResult result = train_with_fault(short_run("run"), "fsync 1 EIO " + name);
    CHECK(result.exit_code == 1);
    CHECK(line_count(result.errors) == 1);
    CHECK_THAT(result.errors,
               contains(name) && contains("cannot be flushed to the disk: Input/output error"));
  }
}

TEST_CASE_METHOD(FaultRuns, "a folder that cannot be locked is locked by a file in it", "[faults][lock]") {
  LENET_NEEDS_FAULTS();
  std::filesystem::create_directory(folder / "run");
  Process first(train_command(tiny({"--model", "mlp", "--batch", "4", "--epochs", "50", "--out", "run"})),
                with_fault("flock 1 EBADF run"));
  REQUIRE(first.wait_until([&] { return std::filesystem::exists(folder / "run" / "last.bin"); }));
  const ProcessResult second = train_with_fault({"--resume", "run"}, "flock 1 EBADF run");
  CHECK(second.exit_code == 1);
  CHECK_THAT(second.errors, contains("run: another program is training in this folder"));
}

TEST_CASE_METHOD(FaultRuns, "a run goes on where nothing can be locked, and says so", "[faults][lock]") {
  LENET_NEEDS_FAULTS();
  const ProcessResult result = train_with_fault(short_run("run"), "flock 1+ ENOLCK run");
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.errors, contains("run: cannot be locked on this file system"));
  CHECK(line_count(result.errors) == 1);
}

TEST_CASE_METHOD(FaultRuns, "interrupted calls are made again", "[faults][interrupt]") {
  LENET_NEEDS_FAULTS();
  for (const std::string call : {"open", "read", "write", "fsync", "close", "flock"}) {
    for (int n = 1; n <= 3; ++n) {
      INFO(call << " " << n);
      std::filesystem::remove_all(folder / "run");
      const ProcessResult result =
          train_with_fault(short_run("run"), call + " " + std::to_string(n) + " EINTR run");
      CHECK(result.exit_code == 0);
      CHECK(result.errors.empty());
    }
  }
}

TEST_CASE_METHOD(FaultRuns, "no temporary file outlives the next run in its folder", "[faults][temporary]") {
  LENET_NEEDS_FAULTS();
  for (const std::string name : {"config.toml", "best.bin", "last.bin"}) {
    INFO(name);
    std::filesystem::remove_all(folder / "run");
    REQUIRE(train(short_run("run")).exit_code == 0);
    train_with_fault({"--resume", "run", "--epochs", "4"}, "rename 1 kill " + name);
    const auto leftovers = [&] {
      int count = 0;
      for (const auto& entry : std::filesystem::directory_iterator(folder / "run"))
        count += entry.path().filename().string().find(".tmp-") != std::string::npos;
      return count;
    };
    CHECK(leftovers() == 1);
    CHECK(train({"--resume", "run", "--epochs", "4"}).exit_code == 0);
    CHECK(leftovers() == 0);
  }
}

TEST_CASE_METHOD(FaultRuns,
                 "a run that was killed before its first file leaves a folder that can be named again",
                 "[faults][temporary]") {
  LENET_NEEDS_FAULTS();
  for (const std::string fault :
       {"flock 1 kill_after run", "write 1 kill_after config.toml", "rename 1 kill config.toml"}) {
    INFO(fault);
    std::filesystem::remove_all(folder / "run");
    train_with_fault(short_run("run"), fault);
    CHECK(std::filesystem::exists(folder / "run"));
    CHECK(train(short_run("run")).exit_code == 0);
  }
}
