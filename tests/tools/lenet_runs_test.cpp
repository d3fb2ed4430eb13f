#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <unistd.h>
#include <vector>

#include "engine/core/folder.hpp"
#include "engine/core/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"
#include "tools/cli/run_table.hpp"

using namespace lenet;
using namespace lenet::cli;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// Runs of tiny data, and what lenet_runs says of them.
struct ListedRuns : ToolRuns {
  void make_run(const std::string& out, const std::vector<std::string>& arguments = {}) const {
    fs::create_directories((folder / out).parent_path());
    std::vector<std::string> all = {"--model",          "regressor", "--epochs", "2",
                                    "--no-tensorboard", "--out",     out};
    all.insert(all.end(), arguments.begin(), arguments.end());  // the last one of a name counts
    REQUIRE(train_tiny(all).exit_code == 0);
  }
  ProcessResult evaluate(std::vector<std::string> arguments) const {
    for (const char* argument : {"--data", "data", "--device", "cpu", "--threads", "1"})
      arguments.emplace_back(argument);
    return eval(arguments);
  }
  /// The time in the last row of metrics.csv.
  double row_seconds(const std::string& run = "runs/regressor-1") const {
    const std::string rows = file(run + "/metrics.csv");
    return std::stod(rows.substr(rows.rfind(',') + 1));
  }
  Json json(std::vector<std::string> arguments = {}) const {
    arguments.emplace_back("--json");
    const ProcessResult result = runs(arguments);
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    return Json::parse(result.output);
  }
  std::vector<std::string> names(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all;
    for (const Json& run : json(arguments)) all.push_back(run["run"]);
    return all;
  }
};

using Names = std::vector<std::string>;

RunSummary some_run(const std::string& name, std::optional<double> val_loss) {
  RunSummary run{.folder = name, .options = TrainOptions{.epochs = 18}};
  if (val_loss) run.best = {.epoch = 1, .step = 1, .val_loss = *val_loss, .val_accuracy = 1 - *val_loss};
  return run;
}

}  // namespace

TEST_CASE_METHOD(ListedRuns, "a run is listed with its length, its state and its best figures",
                 "[lenet_runs]") {
  make_run("runs/regressor-1");
  const Json validation =
      Json::parse(evaluate({"runs/regressor-1", "--split", "validation", "--json"}).output);
  const ProcessResult result = runs({});
  CHECK(result.exit_code == 0);
  CHECK(result.errors.empty());
  const std::vector<std::string_view> lines = lines_of(result.output);
  REQUIRE(lines.size() == 2);
  CHECK(words_of(lines[0]) == std::vector<std::string_view>{"run", "model", "recipe", "length", "state",
                                                            "val_loss", "val_acc", "test_acc", "time",
                                                            "changed"});
  const std::vector<std::string_view> words = words_of(lines[1]);
  REQUIRE(words.size() == 12);
  const std::vector<std::string> begin = {"regressor-1", "regressor", "keras", "2", "epochs", "finished"};
  CHECK(std::equal(begin.begin(), begin.end(), words.begin()));
  CHECK(std::stod(std::string(words[6])) == Approx(validation["loss"].get<double>()).margin(0.00005));
  CHECK(std::stod(std::string(words[7])) == Approx(validation["accuracy"].get<double>()).margin(0.00005));
  CHECK(words[8] == "-");

  const Json run = json().at(0);
  CHECK(run["run"] == "runs/regressor-1");
  CHECK(run["val_loss"] == validation["loss"]);
  CHECK(run["best_step"] == validation["step"]);
  CHECK(run["epochs"] == 2);
  CHECK(run["epochs_done"] == 2);
  CHECK(run["steps"].is_null());
  CHECK(run["batch"] == 100);
  CHECK(run["seconds"] == row_seconds());
  CHECK(run["test_accuracy"].is_null());
}

TEST_CASE_METHOD(ListedRuns, "a run shows the test result of the weights that it has now, and no other",
                 "[lenet_runs]") {
  make_run("runs/a");
  const ProcessResult evaluated = evaluate({"runs/a", "--json"});
  CHECK(evaluated.errors.empty());
  const Json test = Json::parse(evaluated.output);
  const Json run = json().at(0);
  CHECK(run["test_accuracy"] == test["accuracy"]);
  CHECK(run["test_loss"] == test["loss"]);
  CHECK(run["test_correct"] == test["correct"]);
  CHECK(run["test_images"] == 100);

  SECTION("after an evaluation on other images, it still does") {
    evaluate({"runs/a", "--split", "train"});
    write_tiny_split(folder / "data", "t10k", 50, 9);
    write_tiny_data(folder / "others");
    CHECK(eval({"runs/a", "--data", "others", "--device", "cpu"}).exit_code == 0);
    CHECK(json().at(0) == run);
  }
  SECTION("a copy of its data are its data") {
    fs::rename(folder / "runs/a/evaluation.json", folder / "moved.json");
    fs::copy(folder / "data", folder / "copy");
    CHECK(eval({"runs/a", "--data", "copy", "--device", "cpu"}).exit_code == 0);
    CHECK(json().at(0)["test_accuracy"] == test["accuracy"]);
  }
  SECTION("other weights have no result") {
    make_run("b", {"--seed", "2"});
    fs::copy_file(folder / "b/best.bin", folder / "runs/a/best.bin", fs::copy_options::overwrite_existing);
    CHECK(json().at(0)["test_accuracy"].is_null());
  }
  SECTION("a damaged file is no result") {
    const std::string good = file("runs/a/evaluation.json");
    const std::string digest = Json::parse(good)["digest"];
    const std::vector<std::string> damaged = {
        "",
        "[]",
        "3",
        good.substr(0, good.size() / 2),
        R"({"digest": 3})",
        R"({"digest":")" + digest + R"(","count":100,"correct":101,"loss":1})",
        R"({"digest":")" + digest + R"(","count":1e9,"correct":1,"loss":1})",
        R"({"digest":")" + digest + R"(","count":0,"correct":0,"loss":1})",
        R"({"digest":")" + digest + R"(","count":100,"correct":1,"loss":"x"})",
        std::string(2 << 20, ' ')};
    for (const std::string& text : damaged) {
      INFO(text.substr(0, 100));
      std::ofstream(folder / "runs/a/evaluation.json") << text;
      CHECK(json().at(0)["test_accuracy"].is_null());
    }
  }
}

TEST_CASE_METHOD(ListedRuns, "an evaluation whose result cannot be kept says so and is none the worse",
                 "[lenet_runs]") {
  make_run("runs/a");
  fs::create_directory(folder / "runs/a/evaluation.json");
  const ProcessResult result = evaluate({"runs/a", "--quiet"});
  CHECK(result.exit_code == 0);
  CHECK(line_count(result.output) == 1);
  CHECK(result.errors ==
        "lenet_eval: the result is not kept for lenet_runs: runs/a/evaluation.json: is a folder, expected a "
        "file\n");
}

TEST_CASE_METHOD(ListedRuns, "an evaluation leaves a read-only folder as it is, without a word",
                 "[lenet_runs]") {
  if (::geteuid() == 0) LENET_SKIP("nothing is read-only for root");
  make_run("runs/a");
  fs::permissions(folder / "runs/a", fs::perms::owner_write, fs::perm_options::remove);
  const ProcessResult result = evaluate({"runs/a", "--quiet"});
  CHECK(result.exit_code == 0);
  CHECK(result.errors.empty());
  CHECK_FALSE(fs::exists(folder / "runs/a/evaluation.json"));
  fs::permissions(folder / "runs/a", fs::perms::owner_write, fs::perm_options::add);
}

TEST_CASE_METHOD(ListedRuns, "a run is running while another program holds its lock", "[lenet_runs]") {
  make_run("runs/a");
  CHECK(json().at(0)["state"] == "finished");
  {
    const Descriptor held = lock_folder(folder / "runs/a");
    CHECK(json().at(0)["state"] == "running");
    CHECK(names({"--state", "running"}) == Names{"runs/a"});
  }
  CHECK(json().at(0)["state"] == "finished");
  std::string config = file("runs/a/config.toml");
  config.replace(config.find("epochs = 2"), 10, "epochs = 9");
  std::ofstream(folder / "runs/a/config.toml") << config;
  CHECK(json().at(0)["state"] == "stopped");
  CHECK_THAT(runs({}).output, contains("2 of 9 epochs  stopped"));
}

TEST_CASE("a run is finished when it has evaluated its last step, or stopped without improvement",
          "[lenet_runs]") {
  const TrainOptions epochs{.epochs = 3}, steps{.steps = 30}, patient{.epochs = 3, .patience = 2};
  const io::CheckpointInfo second{.epoch = 2, .step = 20}, third{.epoch = 3, .step = 30};
  CHECK(is_finished(epochs, third, {}));
  CHECK(is_finished(steps, third, {}));
  CHECK_FALSE(is_finished(epochs, second, {}));
  CHECK_FALSE(is_finished(steps, second, {}));
  CHECK_FALSE(is_finished(epochs, third, {.training = {.count = 50}}));
  CHECK(is_finished(patient, second, {.evaluations_without_progress = 2}));
  CHECK_FALSE(is_finished(patient, second, {.evaluations_without_progress = 1}));
}

TEST_CASE_METHOD(ListedRuns, "runs are selected and sorted, the best first", "[lenet_runs]") {
  make_run("runs/mlp-2", {"--model", "mlp"});
  make_run("runs/regressor-10");
  make_run("runs/regressor-9", {"--recipe", "tutorial", "--lr", "0.000001"});
  CHECK(names({}) == Names{"runs/mlp-2", "runs/regressor-9", "runs/regressor-10"});
  CHECK(names({"--reverse", "--limit", "1"}) == Names{"runs/regressor-10"});
  CHECK(names({"--model", "mlp"}) == Names{"runs/mlp-2"});
  CHECK(names({"--recipe", "tutorial"}) == Names{"runs/regressor-9"});
  CHECK(names({"--state", "running"}).empty());
  CHECK(names({"--sort", "loss"}).back() == "runs/regressor-9");
  fs::last_write_time(folder / "runs/regressor-9/last.bin",
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  CHECK(names({"--sort", "date"}).front() == "runs/regressor-9");
  REQUIRE(evaluate({"runs/regressor-10"}).exit_code == 0);
  CHECK(names({"--sort", "test"}).front() == "runs/regressor-10");
}

TEST_CASE("natural order takes numbers as numbers", "[lenet_runs]") {
  const std::vector<std::string> sorted = {"", "cnn", "cnn-2", "cnn-10", "cnn-10b", "lr-0.001", "lr-0.01x"};
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      INFO(sorted[i] << " " << sorted[j]);
      CHECK(naturally_before(sorted[i], sorted[j]) == (i < j));
    }
  CHECK_FALSE(naturally_before("cnn-01", "cnn-1"));
  CHECK_FALSE(naturally_before("cnn-1", "cnn-01"));
}

TEST_CASE("runs without a figure come last, whatever the order", "[lenet_runs]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<RunSummary> all = {some_run("a", {}), some_run("b", nan), some_run("c", 0.5),
                                 some_run("d", 0.1)};
  for (const char* order : {"loss", "accuracy"}) {
    sort_runs(all, order);
    CHECK(all[0].folder == "d");
    CHECK(all[1].folder == "c");
  }
  CHECK_THAT(runs_json(all), contains("\"val_loss\": null"));
  const std::string csv = runs_csv(all);
  for (const std::string_view line : lines_of(csv)) CHECK(line.find("nan") == line.npos);
}

TEST_CASE("a narrow table leaves out columns and names them", "[lenet_runs]") {
  const std::vector<RunSummary> all = {some_run("runs/a", 0.25), some_run("runs/bbbbbb", {})};
  const RunTable wide = runs_table(all, "runs", 200);
  CHECK(wide.left_out.empty());
  const RunTable narrow = runs_table(all, "runs", 60);
  CHECK(narrow.left_out == std::vector<std::string_view>{"changed", "recipe", "time", "val_loss"});
  for (const std::string_view line : lines_of(narrow.text)) CHECK(line.size() <= 60);
  CHECK_THAT(narrow.text, contains("\na       cnn") && contains("\nbbbbbb  cnn"));
  CHECK_THAT(runs_table(all, "", 1).text, contains("runs/bbbbbb") && contains("0.7500"));
}

TEST_CASE_METHOD(ListedRuns, "JSON and CSV have the same figures, and hold names of any kind",
                 "[lenet_runs]") {
  const std::string name = "runs/a,\"b\"\n<c>\x1b[31m";
  make_run(name);
  REQUIRE(evaluate({name}).exit_code == 0);
  const Json run = json().at(0);
  CHECK(run["run"] == name);
  const std::string csv = runs({"--csv"}).output;
  const std::size_t end = csv.find('\n');
  std::string heading;
  std::string line;
  const nlohmann::ordered_json ordered = nlohmann::ordered_json::parse(runs({"--json"}).output).at(0);
  for (const auto& [key, value] : ordered.items()) {
    const std::string text = value.is_null()     ? ""
                             : value.is_string() ? value.get<std::string>()
                                                 : value.dump();
    heading += (heading.empty() ? "" : ",") + key;
    line += line.empty() ? "\"runs/a,\"\"b\"\"\n<c>\x1b[31m\"" : "," + text;
  }
  CHECK(csv.substr(0, end) == heading);
  CHECK(csv.substr(end + 1) == line + "\n");
  const std::string table = runs({}).output;
  CHECK(line_count(table) == 2);
  CHECK_THAT(table, contains("a,\"b\"\\n<c>\\x1b[31m"));
}

TEST_CASE_METHOD(ListedRuns, "runs in folders below are found; links are not followed", "[lenet_runs]") {
  make_run("runs/sweep/lr/a");
  fs::create_directory_symlink(folder / "runs", folder / "runs/loop");
  fs::create_directory(folder / "runs/empty");
  CHECK(names({}) == Names{"runs/sweep/lr/a"});
  CHECK(names({"runs/loop"}) == Names{"runs/loop/sweep/lr/a"});
  CHECK(names({"runs/sweep/lr/a", "runs/empty"}) == Names{"runs/sweep/lr/a"});
  CHECK_THAT(runs({"runs/sweep/lr/a"}).output, contains("\nruns/sweep/lr/a  regressor"));
}

namespace {

/// A damage to a run's files, and what is not known of the run then.
struct Damage {
  std::string name;  ///< of the run
  std::string file;
  std::string content;
  std::set<std::string> lost;  ///< keys in JSON
};

const std::set<std::string> kOfConfig = {"model", "recipe",    "epochs", "steps",  "batch",
                                         "seed",  "optimizer", "lr",     "dropout"};
const std::set<std::string> kOfBest = {"best_epoch", "best_step",     "val_loss",     "val_accuracy",
                                       "test_loss",  "test_accuracy", "test_correct", "test_images"};
const std::vector<Damage> kDamages = {{"best", "best.bin", "no weights", kOfBest},
                                      {"best-empty", "best.bin", "", kOfBest},
                                      {"config", "config.toml", "epochs = 'many'\n", kOfConfig},
                                      {"last", "last.bin", "no state", {"epochs_done", "steps_done"}},
                                      {"metrics", "metrics.csv", "many\n", {"seconds"}},
                                      {"model", "config.toml", "model = 'unknown'\n", kOfConfig}};

}  // namespace

TEST_CASE_METHOD(ListedRuns,
                 "a run with a damaged file is a row that says so, with all that can be read of it",
                 "[lenet_runs]") {
  make_run("runs/good");
  REQUIRE(evaluate({"runs/good"}).exit_code == 0);
  const Json good = json().at(0);
  CHECK(good["error"].is_null());
  for (const Damage& damage : kDamages) {
    fs::copy(folder / "runs/good", folder / "runs" / damage.name);
    std::ofstream(folder / "runs" / damage.name / damage.file) << damage.content;
  }
  const ProcessResult table = runs({});
  CHECK(table.exit_code == 1);
  CHECK(line_count(table.output) == 2 + std::ssize(kDamages));
  CHECK(line_count(table.errors) == std::ssize(kDamages));
  using Row = std::vector<std::string_view>;
  for (const std::string_view line : lines_of(table.output)) {
    const Row words = words_of(line);
    const auto begins = [&](const Row& row) {
      return std::ranges::equal(row, std::span(words).first(row.size()));
    };
    if (words[0] == "config") CHECK(begins({"config", "-", "-", "-", "unreadable"}));
    if (words[0] == "last")
      CHECK(begins({"last", "regressor", "keras", "-", "of", "2", "epochs", "unreadable"}));
    if (words[0] == "best")
      CHECK(begins({"best", "regressor", "keras", "2", "epochs", "unreadable", "-", "-", "-"}));
  }

  const ProcessResult listed = runs({"--json"});
  CHECK(listed.exit_code == 1);
  const ProcessResult csv = runs({"--csv"});
  CHECK(csv.exit_code == 1);
  const std::vector<std::string_view> lines = lines_of(csv.output);
  REQUIRE(std::ssize(lines) == 2 + std::ssize(kDamages));
  for (const Json& run : Json::parse(listed.output)) {
    if (run["run"] == good["run"]) continue;
    INFO(run.dump(2));
    const auto damage =
        std::ranges::find_if(kDamages, [&](const Damage& each) { return run["run"] == "runs/" + each.name; });
    REQUIRE(damage != kDamages.end());
    const std::string file = "runs/" + damage->name + "/" + damage->file;
    CHECK_THAT(table.errors, contains("lenet_runs: " + file));
    CHECK_THAT(run["error"].get<std::string>(), contains(file));
    CHECK(run["state"] == "unreadable");
    for (const auto& [key, value] : good.items()) {
      INFO(key);
      if (damage->lost.contains(key))
        CHECK(run[key].is_null());
      else if (key != "run" && key != "state" && key != "error" && key != "changed")
        CHECK(run[key] == value);
    }
    const auto line = std::ranges::find_if(
        lines, [&](std::string_view each) { return each.starts_with("runs/" + damage->name + ","); });
    REQUIRE(line != lines.end());
    CHECK_THAT(std::string(*line), contains(",unreadable,"));
    CHECK((line->find(",unreadable,2,") == line->npos) == damage->lost.contains("epochs"));
  }
  CHECK(std::ssize(Json::parse(runs({"--state", "unreadable", "--json"}).output)) == std::ssize(kDamages));
}

TEST_CASE_METHOD(ListedRuns, "figures of another model than that of config.toml are not the run's",
                 "[lenet_runs]") {
  make_run("runs/a");
  std::ofstream(folder / "runs/a/config.toml") << "";  // lost: every option has its default
  const ProcessResult result = runs({"--json"});
  CHECK(result.exit_code == 1);
  for (const char* file : {"best.bin", "last.bin"})
    CHECK_THAT(result.errors,
               contains("lenet_runs: runs/a/" + std::string(file) +
                        ": has weights of the model 'regressor', but config.toml says 'cnn'\n"));
  const Json run = Json::parse(result.output).at(0);
  CHECK(run["state"] == "unreadable");
  CHECK(run["val_loss"].is_null());
  CHECK(run["steps_done"].is_null());
}

TEST_CASE_METHOD(ListedRuns, "a folder below that cannot be read is named, and hides no other's runs",
                 "[lenet_runs]") {
  if (::geteuid() == 0) LENET_SKIP("root can read everything");
  make_run("runs/a");
  make_run("runs/b");
  fs::permissions(folder / "runs/b", fs::perms::none);
  const ProcessResult result = runs({});
  fs::permissions(folder / "runs/b", fs::perms::owner_all);
  CHECK(result.exit_code == 1);
  CHECK(result.errors == "lenet_runs: runs/b: cannot be read: Permission denied\n");
  CHECK_THAT(result.output, contains("\na "));
}

TEST_CASE_METHOD(ListedRuns,
                 "where there are no runs, it is said where they were searched for and who makes them",
                 "[lenet_runs]") {
  const std::string here = fs::canonical(folder.path()).string();
  const std::string hint =
      ": lenet_train makes them, in runs/<model>-<n> where it is started; to look elsewhere: lenet_runs "
      "FOLDER\n";
  const ProcessResult first = runs({});
  CHECK(first.exit_code == 1);
  CHECK(first.output.empty());
  CHECK(first.errors == "lenet_runs: no runs: there is no folder " + here + "/runs" + hint);

  fs::create_directory(folder / "runs");
  CHECK(runs({"--json"}).output == "[]\n");
  CHECK(line_count(runs({"--csv"}).output) == 1);
  const ProcessResult none = runs({});
  CHECK(none.exit_code == 0);
  CHECK(none.output.empty());
  CHECK(none.errors == "no runs in " + here + "/runs" + hint);
  CHECK(runs({"runs", "data/../data"}).errors == "no runs in " + here + "/runs, " + here + "/data" + hint);
  CHECK(runs({"--model", "cnn"}).errors == none.errors);
  make_run("runs/a");
  CHECK(runs({"--model", "cnn"}).errors == "no such runs in runs\n");
}

TEST_CASE_METHOD(ListedRuns, "a folder that cannot be read is named, and the runs of the others are listed",
                 "[lenet_runs]") {
  make_run("runs/a");
  std::ofstream(folder / "file") << "no folder";
  for (const char* bad : {"missing", "file"}) {
    const ProcessResult result = runs({bad, "runs"});
    INFO(result.errors);
    CHECK(result.exit_code == 1);
    CHECK(line_count(result.errors) == 1);
    CHECK_THAT(result.errors, contains(bad));
    CHECK_THAT(result.output, contains("runs/a "));
  }
}

TEST_CASE_METHOD(ListedRuns, "wrong options are refused in one line", "[lenet_runs]") {
  struct Case {
    std::vector<std::string> arguments;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"--sort", "los"}, "did you mean 'loss'?"},
      {{"--json", "--csv"}, "--json cannot be combined with --csv"},
      {{"--limit", "0"}, "--limit: '0' is not"},
  };
  for (const Case& bad : cases) {
    const ProcessResult result = runs(bad.arguments);
    INFO(result.errors);
    CHECK(result.exit_code == 2);
    CHECK(line_count(result.errors) == 1);
    CHECK_THAT(result.errors, contains(bad.message));
  }
}
