#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/run_content.hpp"
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
    CHECK(run_content(folder / run / "metrics.csv") == run_content(folder / "whole/metrics.csv"));
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

TEST_CASE_METHOD(ToolRuns, "a resumed run whose best weights are gone says so, and saves the next ones",
                 "[resume]") {
  const auto run_to = [&](const char* epochs) {
    return train({"--resume", "run", "--epochs", epochs, "--no-tensorboard"});
  };
  const auto best = folder / "run" / "best.bin";
  REQUIRE(train_tiny({"--model", "mlp", "--epochs", "1", "--out", "run"}).exit_code == 0);
  const std::string first = file("run/best.bin");
  REQUIRE(run_to("3").exit_code == 0);
  const std::string whole = file("run/best.bin");

  const std::string lost = GENERATE("missing", "folder", "damaged", "older");
  INFO(lost);
  std::filesystem::remove(best);
  if (lost == "folder") std::filesystem::create_directory(best);
  if (lost == "damaged") std::ofstream(best) << whole.substr(0, whole.size() - 1) << 'x';
  if (lost == "older") std::ofstream(best) << first;
  const ProcessResult resumed = run_to("4");
  CHECK_THAT(resumed.errors, contains("run/best.bin: ") && contains("the best weights are lost"));
  if (lost == "folder") {
    CHECK(resumed.exit_code == 1);  // it cannot be written either
    return;
  }
  CHECK(resumed.exit_code == 0);
  CHECK(eval({"run", "--data", "data"}).exit_code == 0);
  CHECK(file("run/best.bin") != first);
  CHECK(run_to("5").errors.empty());
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
  CHECK_THAT(
      other_seed.errors,
      contains("last.bin: was trained with seed 1, but config.toml says 2: restore it, or start a new run"));
  const ProcessResult other_optimizer = resume_with("'adam'", "'sgd'");
  CHECK(other_optimizer.exit_code == 1);
  CHECK_THAT(other_optimizer.errors, contains("was trained with optimizer adam, but config.toml says sgd"));
  const ProcessResult other_model = resume_with("'mlp'", "'regressor'");
  CHECK(other_model.exit_code == 1);
  CHECK_THAT(other_model.errors, contains("parts/last.bin: "));
  std::filesystem::copy_file(folder / "parts" / "best.bin", folder / "parts" / "last.bin",
                             std::filesystem::copy_options::overwrite_existing);
  const ProcessResult weights_alone = resume_with("seed = 1", "seed = 1");
  CHECK(weights_alone.exit_code == 1);
  CHECK_THAT(weights_alone.errors, contains("holds weights alone, expected the state of a run"));
}

TEST_CASE_METHOD(LongRun, "no option that a resumed run keeps can be edited in its config.toml", "[resume]") {
  REQUIRE(train(tiny({"--model", "cnn", "--epochs", "1", "--out", "parts"})).exit_code == 0);
  const std::string config = file("parts/config.toml");
  for (const auto& [key, from, to] : std::vector<std::array<std::string, 3>>{
           {"batch", "batch = 50", "batch = 100"},
           {"lr", "lr = 0.0001", "lr = 0.001"},
           {"recipe", "recipe = 'keras'", "recipe = 'tutorial'"},
           {"dropout", "dropout = 0.5", "dropout = 0.4"},
           {"validation", "validation = 120", "validation = 121"},
           {"deterministic", "deterministic = true", "deterministic = false"}}) {
    INFO(key);
    std::string changed = config;
    REQUIRE(changed.find(from) != std::string::npos);
    std::ofstream(folder / "parts" / "config.toml") << changed.replace(changed.find(from), from.size(), to);
    const ProcessResult refused = train({"--resume", "parts", "--epochs", "2"});
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.errors, contains("parts/last.bin: was trained with " + key + " "));
    CHECK(line_count(refused.errors) == 1);
  }
}

TEST_CASE_METHOD(LongRun, "a run that has done more than it is asked for says so", "[resume]") {
  REQUIRE(train(tiny({"--model", "regressor", "--epochs", "3", "--out", "parts"})).exit_code == 0);
  const ProcessResult fewer = train({"--resume", "parts", "--epochs", "2"});
  CHECK(fewer.exit_code == 2);
  CHECK(fewer.errors == "lenet_train: parts: has done 15 steps already, more than the 10 of --epochs 2\n");
  CHECK(train({"--resume", "parts", "--epochs", "3"}).exit_code == 0);
}

TEST_CASE_METHOD(LongRun, "a run can be named by its last.bin", "[resume]") {
  REQUIRE(train(tiny({"--model", "regressor", "--epochs", "1", "--out", "parts"})).exit_code == 0);
  CHECK(train({"--resume", "parts/last.bin", "--epochs", "2"}).exit_code == 0);
  CHECK(rows("parts") == 2);
  options.folder = folder / "parts";
  CHECK(train({"--resume", "last.bin", "--epochs", "3"}).exit_code == 0);
  CHECK(rows("parts") == 3);
}

TEST_CASE_METHOD(LongRun, "a run without last.bin starts from the beginning, unless weights would be lost",
                 "[resume]") {
  REQUIRE(train(tiny({"--model", "mlp", "--epochs", "3", "--batch", "4", "--out", "whole"})).exit_code == 0);
  // A run that is killed before its first last.bin may have written its first best.bin and row.
  REQUIRE(train(tiny({"--model", "mlp", "--epochs", "1", "--batch", "4", "--out", "parts"})).exit_code == 0);
  std::filesystem::remove(folder / "parts" / "last.bin");
  const ProcessResult resumed = train({"--resume", "parts", "--epochs", "3"});
  INFO(resumed.errors);
  CHECK(resumed.exit_code == 0);
  CHECK(resumed.errors == "lenet_train: parts: has no last.bin yet: it starts from the beginning\n");
  CHECK(file("parts/last.bin") == file("whole/last.bin"));
  CHECK(run_content(folder / "parts/metrics.csv") == run_content(folder / "whole/metrics.csv"));

  std::filesystem::remove(folder / "parts" / "last.bin");
  const std::string best = file("parts/best.bin");
  const ProcessResult refused = train({"--resume", "parts"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, contains("last.bin is missing: move best.bin away to start over"));
  CHECK(file("parts/best.bin") == best);
}

TEST_CASE_METHOD(LongRun,
                 "one command line with --resume-if-there starts a run, goes on with it, and is done",
                 "[resume][long]") {
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> all =
        tiny({"--model", "mlp", "--batch", "4", "--out", "parts", "--resume-if-there"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  Process first(train_command(run({"--epochs", "20"})), options);
  REQUIRE(first.wait_until([&] { return rows("parts") >= 2; }));
  first.send(SIGKILL);
  first.wait();
  const ProcessResult second = train(run({"--epochs", "20"}));
  INFO(second.errors);
  CHECK(second.exit_code == 0);
  CHECK_THAT(second.output, contains("Resumed") && contains("Epoch 20/20"));
  check_equal_to_uninterrupted("parts");
  const ProcessResult third = train(run({"--epochs", "20"}));
  CHECK(third.exit_code == 0);
  CHECK_THAT(third.output, contains("all its 2500 steps are done"));

  const ProcessResult other = train(run({"--epochs", "20", "--seed", "9"}));
  CHECK(other.exit_code == 2);
  CHECK(other.errors == "lenet_train: --out parts: the run there has seed 1, not 9: name another folder\n");
  CHECK_THAT(train(run({"--steps", "20"})).errors, contains("the run there counts epochs: give --epochs"));
  CHECK_THAT(train({"--resume-if-there"}).errors, contains("--resume-if-there needs --out"));
  std::filesystem::create_directories(folder / "full" / "inner");
  CHECK_THAT(train(tiny({"--model", "mlp", "--out", "full", "--resume-if-there"})).errors,
             contains("is there already"));
}

TEST_CASE_METHOD(LongRun, "what a power failure can do to files that were not flushed does not stop a run",
                 "[resume]") {
  REQUIRE(train(tiny({"--model", "regressor", "--epochs", "2", "--out", "good"})).exit_code == 0);
  std::vector<std::filesystem::path> files = {"metrics.csv"};
  for (const char* name : {"train", "validation"})
    for (const auto& entry : std::filesystem::directory_iterator(folder / "good" / name))
      if (entry.path().filename().string().starts_with("events."))
        files.push_back(std::filesystem::path(name) / entry.path().filename());
  REQUIRE(files.size() == 4);
  for (const std::filesystem::path& name : files) {
    const std::string content = file("good" / name);
    for (const std::string& damaged :
         {std::string(), content.substr(0, content.size() / 2), std::string(content.size(), '\0'),
          content.substr(0, content.size() / 2) + std::string(content.size() / 2, '\0')}) {
      INFO(name << " of " << damaged.size() << " bytes");
      std::filesystem::remove_all(folder / "run");
      std::filesystem::copy(folder / "good", folder / "run", std::filesystem::copy_options::recursive);
      std::ofstream(folder / "run" / name, std::ios::binary) << damaged;
      const ProcessResult resumed = train({"--resume", "run", "--epochs", "3"});
      INFO(resumed.errors);
      CHECK(resumed.exit_code == 0);
      CHECK(line_count(resumed.errors) == (name == "metrics.csv" ? 1 : 0));
    }
  }
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
