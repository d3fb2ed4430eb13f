#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

/// A run of a few seconds, and the files that it leaves when nobody stops it.
struct LongRun : ToolRuns {
  std::vector<std::string> arguments(const std::string& out) const {
    return tiny({"--model", "mlp", "--epochs", "20", "--batch", "4", "--out", out});
  }

  int rows(const std::string& run) const { return line_count(file(run + "/metrics.csv")) - 1; }

  void check_equal_to_uninterrupted(const std::string& run) const {
    REQUIRE(train(arguments("whole")).exit_code == 0);
    CHECK(file(run + "/best.bin") == file("whole/best.bin"));
    CHECK(file(run + "/last.bin") == file("whole/last.bin"));
    CHECK(file(run + "/metrics.csv") == file("whole/metrics.csv"));
  }
};

}  // namespace

TEST_CASE_METHOD(LongRun, "SIGINT and SIGTERM stop a run so that --resume finishes it bit for bit",
                 "[resume]") {
  const int signal = GENERATE(SIGINT, SIGTERM);
  Process process(train_command(arguments("parts")), options);
  REQUIRE(process.wait_until([&] { return rows("parts") >= 2; }));
  process.send(signal);
  const ProcessResult stopped = process.wait();
  INFO(stopped.output << stopped.errors);
  CHECK(stopped.exit_code == 128 + signal);
  CHECK_THAT(stopped.output, contains("Stopped after") && contains("To go on: lenet_train --resume parts"));
  CHECK(rows("parts") < 20);

  const ProcessResult resumed = train({"--resume", "parts"});
  INFO(resumed.output << resumed.errors);
  CHECK(resumed.exit_code == 0);
  CHECK_THAT(resumed.output, contains("Resumed") && contains("Epoch 20/20"));
  check_equal_to_uninterrupted("parts");
}

TEST_CASE_METHOD(LongRun, "a run that was killed is resumed from its last.bin, bit for bit", "[resume]") {
  for (int kill = 1; kill <= 3; ++kill) {
    Process process(kill == 1 ? train_command(arguments("parts")) : train_command({"--resume", "parts"}),
                    options);
    REQUIRE(process.wait_until([&] { return rows("parts") >= 4 * kill; }));
    process.send(SIGKILL);
    CHECK(process.wait().exit_code == 128 + SIGKILL);
  }
  CHECK(train({"--resume", "parts"}).exit_code == 0);
  check_equal_to_uninterrupted("parts");
}

TEST_CASE_METHOD(LongRun, "a finished run can be made longer, as if it had been that long from the start",
                 "[resume]") {
  REQUIRE(train(tiny({"--model", "mlp", "--epochs", "3", "--batch", "4", "--out", "parts"})).exit_code == 0);
  const ProcessResult nothing = train({"--resume", "parts"});
  CHECK(nothing.exit_code == 0);
  CHECK_THAT(nothing.output, contains("all its 375 steps are done: --epochs N goes on"));
  CHECK(train({"--resume", "parts", "--epochs", "20"}).exit_code == 0);
  check_equal_to_uninterrupted("parts");
}

TEST_CASE_METHOD(LongRun, "a run can be resumed from another folder", "[resume]") {
  REQUIRE(train(tiny({"--model", "mlp", "--epochs", "1", "--out", "parts"})).exit_code == 0);
  std::filesystem::create_directory(folder / "elsewhere");
  options.folder = folder / "elsewhere";
  const ProcessResult resumed = train({"--resume", "../parts", "--epochs", "2"});
  INFO(resumed.errors);
  CHECK(resumed.exit_code == 0);
  CHECK(rows("parts") == 2);
}

TEST_CASE_METHOD(LongRun,
                 "a resumed run keeps to its data, whatever the environment says, and refuses others",
                 "[resume]") {
  REQUIRE(train(tiny({"--model", "regressor", "--epochs", "1", "--out", "parts"})).exit_code == 0);
  write_tiny_data(folder / "others", 3);
  options.environment = {{"LENET_DATA", "others"}, {"LENET_EPOCHS", "3"}};
  const ProcessResult resumed = train({"--resume", "parts", "--epochs", "2"});
  INFO(resumed.output << resumed.errors);
  CHECK(resumed.exit_code == 0);
  CHECK_THAT(resumed.output, contains("Epoch 2/2") && contains("/data: "));
  const ProcessResult refused = train({"--resume", "parts", "--epochs", "3", "--data", "others"});
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.errors, contains("parts/last.bin: was trained on other images than those in others"));
  std::filesystem::rename(folder / "data", folder / "moved");
  CHECK(train({"--resume", "parts", "--epochs", "3", "--data", "moved"}).exit_code == 0);
}

TEST_CASE_METHOD(LongRun, "a run that still goes on cannot be resumed beside itself", "[resume]") {
  Process process(train_command(arguments("parts")), options);
  REQUIRE(process.wait_until([&] { return rows("parts") >= 2; }));
  const ProcessResult second = train({"--resume", "parts"});
  CHECK(second.exit_code == 1);
  CHECK_THAT(second.errors, contains("another program is training in this folder"));
}

TEST_CASE_METHOD(LongRun, "a state that does not fit its run is refused", "[resume]") {
  REQUIRE(train(tiny({"--model", "mlp", "--epochs", "1", "--out", "parts"})).exit_code == 0);
  const std::string config = file("parts/config.toml");
  const auto resume_with = [&](const std::string& from, const std::string& to) {
    std::string changed = config;
    changed.replace(changed.find(from), from.size(), to);
    std::ofstream(folder / "parts" / "config.toml") << changed;
    return train({"--resume", "parts", "--epochs", "2"});
  };
  const ProcessResult other_seed = resume_with("seed = 1", "seed = 2");
  CHECK(other_seed.exit_code == 1);
  CHECK_THAT(other_seed.errors, contains("belongs to another run than config.toml"));
  const ProcessResult other_optimizer = resume_with("'adam'", "'sgd'");
  CHECK(other_optimizer.exit_code == 1);
  CHECK_THAT(other_optimizer.errors, contains("was written by another optimizer than sgd"));
  const ProcessResult other_model = resume_with("'mlp'", "'regressor'");
  CHECK(other_model.exit_code == 1);
  CHECK_THAT(other_model.errors, contains("parts/last.bin: "));
  std::filesystem::copy_file(folder / "parts" / "best.bin", folder / "parts" / "last.bin",
                             std::filesystem::copy_options::overwrite_existing);
  const ProcessResult weights_alone = resume_with("seed = 1", "seed = 1");
  CHECK(weights_alone.exit_code == 1);
  CHECK_THAT(weights_alone.errors, contains("holds weights alone, expected the state of a run"));
}

TEST_CASE_METHOD(LongRun, "what a kill can leave behind does not keep a run from being resumed", "[resume]") {
  REQUIRE(train(tiny({"--model", "regressor", "--epochs", "2", "--out", "run"})).exit_code == 0);
  // A kill between opening an event file and its first write.
  std::ofstream(folder / "run/train/events.out.tfevents.9999999999.host.1.0");
  // A kill within a save, by a program that had the process number of this one, as happens in containers.
  const ProcessResult resumed =
      run_process({"/bin/sh", "-c",
                   "for file in config.toml best.bin last.bin; do : > run/$file.tmp-$$-0; done; exec \"$@\"",
                   "sh", LENET_TRAIN_PROGRAM, "--resume", "run", "--epochs", "6"},
                  options);
  INFO(resumed.errors);
  CHECK(resumed.exit_code == 0);
  CHECK(rows("run") == 6);
}
