#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_content.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

const std::vector<std::string> kShort = {"--model", "regressor", "--epochs", "2"};

std::vector<std::string> joined(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE_METHOD(ToolRuns, "a run leaves its weights, metrics, state and configuration in a new folder",
                 "[lenet_train]") {
  const ProcessResult first = train_tiny(kShort);
  INFO(first.output << first.errors);
  REQUIRE(first.exit_code == 0);
  CHECK(first.errors.empty());
  CHECK(first.output.find('\033') == std::string::npos);
  CHECK_THAT(first.output, contains("500 training, 120 validation, 100 test images"));
  CHECK_THAT(first.output, contains("fc (Linear)") && contains("7,850"));
  CHECK_THAT(first.output, contains("Epoch 1/2") && contains("images/s  saving best.bin"));
  CHECK_THAT(first.output, contains("To test the weights: lenet_eval runs/regressor-1/best.bin"));
  for (const char* name : {"best.bin", "last.bin", "metrics.csv", "config.toml"})
    CHECK(std::filesystem::is_regular_file(folder / "runs" / "regressor-1" / name));
  CHECK(line_count(file("runs/regressor-1/metrics.csv")) == 3);

  CHECK(train_tiny(kShort).exit_code == 0);
  CHECK(std::filesystem::exists(folder / "runs" / "regressor-2" / "best.bin"));
  std::filesystem::remove_all(folder / "runs" / "regressor-1");
  CHECK(train_tiny(kShort).exit_code == 0);
  CHECK(std::filesystem::exists(folder / "runs" / "regressor-3" / "best.bin"));
}

TEST_CASE_METHOD(ToolRuns, "a run leaves event files for TensorBoard unless it is told not to",
                 "[lenet_train]") {
  const auto has_events = [this](const std::string& name) {
    for (const auto& entry : std::filesystem::directory_iterator(folder / name))
      if (entry.path().filename().string().starts_with("events.out.tfevents.")) return true;
    return false;
  };
  REQUIRE(train_tiny(joined(kShort, {"--out", "with"})).exit_code == 0);
  CHECK_FALSE(has_events("with"));  // two entries in TensorBoard
  CHECK(has_events("with/train"));
  CHECK(has_events("with/validation"));
  REQUIRE(train_tiny(joined(kShort, {"--out", "without", "--no-tensorboard"})).exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(folder / "without" / "train"));
  CHECK(file("with/best.bin") == file("without/best.bin"));
  CHECK(run_content(folder / "with/metrics.csv") == run_content(folder / "without/metrics.csv"));
}

TEST_CASE_METHOD(ToolRuns, "an event file that cannot be made ends the run with one line", "[lenet_train]") {
  REQUIRE(train_tiny({"--model", "regressor", "--epochs", "1", "--out", "run"}).exit_code == 0);
  std::filesystem::remove_all(folder / "run" / "train");
  std::ofstream(folder / "run" / "train") << "no folder";
  const ProcessResult result = train({"--resume", "run", "--epochs", "2"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.errors, contains("lenet_train: run/train: cannot be"));
  CHECK(line_count(result.errors) == 1);
}

TEST_CASE_METHOD(ToolRuns,
                 "a run without validation images trains on all, keeps the last weights and says so",
                 "[lenet_train]") {
  const std::vector<std::string> all = {"--model", "mlp",          "--epochs",  "2",        "--batch",
                                        "50",      "--validation", "0",         "--device", "cpu",
                                        "--data",  "data",         "--threads", "1"};
  const ProcessResult result = train(joined(all, {"--out", "run"}));
  INFO(result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.output, contains("620 training, no validation") &&
                                contains("Keeps      the last weights") &&
                                contains("the last weights: run/best.bin") && !contains("val_loss"));
  const auto json = nlohmann::json::parse(
      eval({"run/best.bin", "--data", "data", "--device", "cpu", "--split", "train", "--json"}).output);
  CHECK(json["count"] == 620);
  CHECK(json["step"] == 26);
  CHECK(json["epoch"] == 2);
  CHECK(plot({"run", "-o", "run.svg"}).exit_code == 0);
  const ProcessResult none =
      eval({"run/best.bin", "--data", "data", "--device", "cpu", "--split", "validation"});
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.errors,
             contains("--split validation: these weights were trained without validation images"));
  CHECK(train({"--resume", "run", "--epochs", "3"}).exit_code == 0);
  CHECK(train(joined(all, {"--out", "whole", "--epochs", "3"})).exit_code == 0);
  CHECK(file("run/best.bin") == file("whole/best.bin"));
  CHECK(file("run/last.bin") == file("whole/last.bin"));
}

TEST_CASE_METHOD(ToolRuns, "evaluations can be several epochs apart, or as many steps as wanted",
                 "[lenet_train]") {
  const auto steps_of = [&](const std::string& run) {
    std::vector<std::string> places;
    std::istringstream lines(file(run + "/metrics.csv"));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) places.push_back(line.substr(0, line.find(',', line.find(',') + 1)));
    return places;
  };
  const std::vector<std::string> run = {"--model", "regressor", "--batch", "50", "--out"};
  REQUIRE(train_tiny(joined(run, {"a", "--epochs", "5", "--evaluate-every", "2"})).exit_code == 0);
  CHECK(steps_of("a") == std::vector<std::string>{"2,20", "4,40", "5,50"});
  REQUIRE(train_tiny(joined(run, {"b", "--steps", "12", "--evaluate-every", "5"})).exit_code == 0);
  CHECK(steps_of("b") == std::vector<std::string>{"0.500000,5", "1.000000,10", "1.200000,12"});
  // A longer run goes on at the next multiple.
  REQUIRE(train({"--resume", "a", "--epochs", "7"}).exit_code == 0);
  CHECK(steps_of("a") == std::vector<std::string>{"2,20", "4,40", "5,50", "6,60", "7,70"});
  CHECK_THAT(train({"--resume", "a", "--evaluate-every", "1"}).errors,
             contains("--evaluate-every cannot change when a run is resumed"));
}

TEST_CASE_METHOD(ToolRuns, "options for GPUs are said to be without effect on the CPU", "[lenet_train]") {
  const ProcessResult both = train_tiny(joined(kShort, {"--autotune", "--data-on-device"}));
  CHECK(both.exit_code == 0);
  CHECK(both.errors == "lenet_train: --autotune, --data-on-device: no effect on the CPU, only on a GPU\n");
  CHECK(train_tiny(kShort).errors.empty());
}

TEST_CASE_METHOD(ToolRuns, "a run that does not learn is warned of once", "[lenet_train]") {
  const std::vector<std::string> run = {"--model", "regressor", "--batch", "4", "--epochs", "2", "--quiet"};
  const ProcessResult result = train_tiny(joined(run, {"--lr", "1e-30"}));
  CHECK(result.exit_code == 0);
  CHECK(line_count(result.errors) == 1);
  CHECK_THAT(result.errors,
             contains("after epoch 1 is near chance (0.1000), so the run does not learn: try another"));
  CHECK(train_tiny(run).errors.empty());
}

TEST_CASE_METHOD(ToolRuns, "variables name the folder of a run and make it quiet", "[lenet_train]") {
  options.environment = {{"LENET_OUT", "named"}, {"LENET_QUIET", "1"}};
  const ProcessResult result = train_tiny(kShort);
  CHECK(result.exit_code == 0);
  CHECK(line_count(result.output) == 1);
  CHECK(std::filesystem::exists(folder / "named/best.bin"));
}

TEST_CASE_METHOD(ToolRuns, "two runs that start at once get two folders", "[lenet_train]") {
  Process one(train_command(tiny(kShort)), options);
  Process two(train_command(tiny(kShort)), options);
  CHECK(one.wait().exit_code == 0);
  CHECK(two.wait().exit_code == 0);
  CHECK(file("runs/regressor-1/best.bin") == file("runs/regressor-2/best.bin"));
}

TEST_CASE_METHOD(ToolRuns, "the same seed gives the same files, another seed others", "[lenet_train][long]") {
  const std::string model = std::string(GENERATE(from_range(models::model_names())));
  const std::vector<std::string> arguments = {"--model", model, "--epochs", "1", "--batch", "50", "--out"};
  REQUIRE(train_tiny(joined(arguments, {"a"})).exit_code == 0);
  REQUIRE(train_tiny(joined(arguments, {"b"})).exit_code == 0);
  REQUIRE(train_tiny(joined(arguments, {"c", "--seed", "2"})).exit_code == 0);
  CHECK(file("a/best.bin") == file("b/best.bin"));
  CHECK(file("a/last.bin") == file("b/last.bin"));
  CHECK(run_content(folder / "a/metrics.csv") == run_content(folder / "b/metrics.csv"));
  CHECK(file("a/config.toml") == file("b/config.toml"));
  CHECK(file("a/best.bin") != file("c/best.bin"));
}

TEST_CASE_METHOD(ToolRuns, "a run's config.toml repeats the run", "[lenet_train]") {
  REQUIRE(train_tiny({"--model", "mlp", "--steps", "30", "--lr", "0.003", "--seed", "5", "--out", "a"})
              .exit_code == 0);
  REQUIRE(train({"--config", "a/config.toml", "--out", "b"}).exit_code == 0);
  CHECK(file("a/best.bin") == file("b/best.bin"));
  CHECK(file("a/config.toml") == file("b/config.toml"));
}

TEST_CASE_METHOD(ToolRuns, "the options of all sources reach the run", "[lenet_train]") {
  std::ofstream(folder / "run.toml") << "model = 'mlp'\nbatch = 10\nseed = 11\nlr = 0.25\n";
  options.environment = {{"LENET_BATCH", "20"}, {"LENET_SEED", "21"}};
  const ProcessResult result = train_tiny({"--config", "run.toml", "--seed", "31", "--dry-run"});
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.output, contains("mlp, recipe keras") && contains("20 images per step") &&
                                contains("Seed       31\n") && contains("learning rate 0.25"));
}

TEST_CASE_METHOD(ToolRuns, "the flag --verbose names what computes each layer", "[lenet_train]") {
  const ProcessResult result = train_tiny({"--model", "cnn", "--dry-run", "--verbose"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("Layer      Product          Workspace  Computed by\n"));
  for (const char* row : {"conv2      forward ", "conv2      weight gradient ", "fc1        data gradient "})
    CHECK_THAT(result.output, contains(row));
}

TEST_CASE_METHOD(ToolRuns, "the flag --dry-run shows what would run and leaves nothing", "[lenet_train]") {
  const ProcessResult result = train_tiny({"--model", "cnn", "--dry-run"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("3,274,634") && contains("runs/cnn-1") && contains("Memory"));
  CHECK_FALSE(std::filesystem::exists(folder / "runs"));
}

TEST_CASE_METHOD(ToolRuns, "the flag --fast-dev-run takes a few steps of everything and leaves nothing",
                 "[lenet_train]") {
  const ProcessResult result = train_tiny({"--model", "cnn", "--fast-dev-run"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("Epoch 2/2") && contains("Finished after 10 steps"));
  CHECK_FALSE(std::filesystem::exists(folder / "runs"));
}

TEST_CASE_METHOD(ToolRuns, "the flag --quiet prints one line", "[lenet_train]") {
  const ProcessResult result = train_tiny(joined(kShort, {"--quiet"}));
  CHECK(result.exit_code == 0);
  CHECK(line_count(result.output) == 1);
  CHECK_THAT(result.output, contains("best val_loss") && contains("runs/regressor-1/best.bin"));
}

TEST_CASE_METHOD(ToolRuns, "questions are answered on standard output", "[lenet_train]") {
  CHECK_THAT(train({"--help"}).output, contains("usage: lenet_train") && contains("--fast-dev-run"));
  CHECK_THAT(train({"--version"}).output, contains("lenet "));
  CHECK_THAT(train({"--list-devices"}).output, contains("cpu"));
}

TEST_CASE_METHOD(ToolRuns, "an answer that cannot be written is an error", "[lenet_train]") {
  const std::string command = std::string(LENET_TRAIN_PROGRAM) + " --help >/dev/full";
  const ProcessResult result = run_process({"/bin/sh", "-c", command}, options);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.errors, contains("standard output cannot be written"));
}

TEST_CASE_METHOD(ToolRuns, "what cannot run is told in one line on standard error, with its exit code",
                 "[lenet_train]") {
  std::filesystem::create_directories(folder / "full" / "run");
  std::filesystem::create_directories(folder / "empty");
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {tiny({"--model", "cn"}), 2, "unknown model 'cn': did you mean 'cnn'?"},
      {tiny({"--epoch", "3"}), 2, "unknown option --epoch: did you mean --epochs?"},
      {tiny({"--epochs", "3", "--steps", "3"}), 2, "cannot be combined with"},
      {tiny({"--config", "nowhere.toml"}), 2, "nowhere.toml: cannot be opened: No such file or directory"},
      {tiny({"--model", "mlp", "--dropout", "0.5"}), 2, "'mlp' has no dropout layer"},
      {tiny({"--out", "full"}), 2, "--out full: is there already"},
      {tiny({"--precision", "bf16"}), 2, "--precision bf16 needs an NVIDIA GPU"},
      {{"--device", "gpu"}, 2, "unknown device 'gpu'"},
      {{"--data", "data", "--validation", "620"}, 2, "620 validation images leave nothing"},
      {{"--data", "empty"}, 1, "empty"},
      {{"--resume", "nowhere"}, 2, "--resume nowhere: there is no run in it that could go on"},
  };
  for (const Case& bad : cases) {
    const ProcessResult result = train(bad.arguments);
    INFO(bad.message << "\n" << result.output << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_train: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK(result.output.empty());
    CHECK_FALSE(std::filesystem::exists(folder / "runs"));
  }
}

TEST_CASE_METHOD(ToolRuns, "a limit of file sizes ends a run in one line and leaves no temporary",
                 "[lenet_train]") {
  std::vector<std::string> all = {"/bin/sh", "-c", "ulimit -f 16; exec \"$@\"", "sh", LENET_TRAIN_PROGRAM};
  for (const std::string& argument : tiny(joined(kShort, {"--out", "run", "--no-tensorboard"})))
    all.push_back(argument);
  const ProcessResult result = run_process(all, options);
  CHECK(result.exit_code == 1);
  CHECK(result.errors == "lenet_train: run/best.bin: cannot be written: File too large\n");
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run"))
    CHECK_FALSE(entry.path().filename().string().starts_with("best.bin"));
}

TEST_CASE_METHOD(ToolRuns, "hints can be pasted into a shell, whatever the folder is called",
                 "[lenet_train]") {
  const std::string name = "my runs/it's $HOME";
  const ProcessResult result = train_tiny(joined(kShort, {"--out", name, "--no-tensorboard"}));
  REQUIRE(result.exit_code == 0);
  const std::size_t at = result.output.find("To test the weights: ") + 21;
  const std::string hint = result.output.substr(at, result.output.find('\n', at) - at);
  REQUIRE_THAT(hint, contains("lenet_eval "));
  const std::string programs = std::filesystem::path(LENET_EVAL_PROGRAM).parent_path().string();
  const ProcessResult pasted =
      run_process({"/bin/sh", "-c", "PATH=" + programs + ":$PATH; " + hint + " --device cpu"}, options);
  INFO(hint << pasted.errors);
  CHECK(pasted.exit_code == 0);
}

TEST_CASE_METHOD(ToolRuns, "a run in a folder whose name is no UTF-8 is resumed on its data",
                 "[lenet_train]") {
  std::filesystem::rename(folder / "data", folder / "d\xe9j\xe0");
  const std::vector<std::string> run = {"--model",   "regressor", "--validation", "120",
                                        "--threads", "1",         "--device",     "cpu"};
  REQUIRE(train(joined(run, {"--epochs", "1", "--data", "d\xe9j\xe0", "--out", "r\xfcn"})).exit_code == 0);
  const ProcessResult resumed = train({"--resume", "r\xfcn", "--epochs", "2"});
  INFO(resumed.errors);
  CHECK(resumed.exit_code == 0);
  const ProcessResult json = eval({"r\xfcn", "--data", "d\xe9j\xe0", "--device", "cpu", "--json"});
  CHECK(json.exit_code == 0);
  CHECK(nlohmann::json::parse(json.output)["count"] == 100);
}

TEST_CASE_METHOD(ToolRuns, "an unreadable folder gives one line that names it", "[lenet_train]") {
  if (geteuid() == 0) LENET_SKIP("root can read everything");
  std::filesystem::create_directory(folder / "closed");
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::none);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           tiny({"--out", "closed/run"}), {"--resume", "closed"}, {"--data", "closed"}}) {
    const ProcessResult result = train(arguments);
    CHECK(result.exit_code != 0);
    CHECK(line_count(result.errors) == 1);
    CHECK_THAT(result.errors, contains("closed") && !contains("filesystem error"));
  }
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_all);
}

TEST_CASE_METHOD(ToolRuns, "a loss that is not finite ends the run with its step and keeps best.bin",
                 "[lenet_train]") {
  // The first steps are far too long, so that the weights overflow.
  const ProcessResult result =
      train_tiny({"--model", "mlp", "--optimizer", "sgd", "--lr", "1e18", "--epochs", "5"});
  INFO(result.output << result.errors);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.errors, contains("not finite") && contains("lower the learning rate"));
  CHECK(line_count(result.errors) == 1);
}

TEST_CASE_METHOD(ToolRuns,
                 "the flag --patience ends a run that makes no progress, and resuming it changes nothing",
                 "[lenet_train]") {
  // The step is so short that no float changes.
  const ProcessResult result = train_tiny(
      {"--model", "mlp", "--optimizer", "sgd", "--lr", "1e-30", "--epochs", "50", "--patience", "2"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("No progress, stopped early after 30 steps"));
  CHECK(line_count(file("runs/mlp-1/metrics.csv")) == 4);
  const std::string last = file("runs/mlp-1/last.bin");
  const ProcessResult again = train({"--resume", "runs/mlp-1"});
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.output, contains("stopped after 2 evaluations without improvement"));
  CHECK(file("runs/mlp-1/last.bin") == last);
}

TEST_CASE_METHOD(ToolRuns, "training learns, whatever the model", "[lenet_train]") {
  const std::string model = std::string(GENERATE(from_range(models::model_names())));
  const ProcessResult trained = train_tiny({"--model", model, "--optimizer", "adam", "--lr", "0.001",
                                            "--epochs", "8", "--batch", "50", "--out", "run"});
  INFO(trained.output << trained.errors);
  REQUIRE(trained.exit_code == 0);
  const auto json =
      nlohmann::json::parse(eval({"run", "--data", "data", "--device", "cpu", "--json"}).output);
  CHECK(json["accuracy"].get<double>() >= 0.95);
}

TEST_CASE_METHOD(ToolRuns, "a terminal gets a bar and colours, and NO_COLOR takes the colours away",
                 "[lenet_train]") {
  if (!std::filesystem::exists("/usr/bin/script"))
    LENET_SKIP("script, which makes a terminal, is not installed");
  const bool color = GENERATE(true, false);
  options.environment = {{"TERM", "xterm"}, {"NO_COLOR", color ? "" : "1"}};
  std::string command = "stty cols 100; exec";
  for (const std::string& part : train_command(tiny({"--model", "mlp", "--epochs", "2", "--batch", "1"})))
    command += " '" + part + "'";
  const ProcessResult result = run_process({"/usr/bin/script", "-qec", command, "/dev/null"}, options);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("\r\033[KEpoch 1/2 ") && contains("1/500  ETA ") && contains(", run "));
  CHECK((result.output.find("\033[32msaving best.bin") != std::string::npos) == color);
}
