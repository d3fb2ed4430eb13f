#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/png.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;
using Json = nlohmann::json;

namespace {

/// A trained model, and its data.
struct TrainedModel : ToolRuns {
  ProcessResult train_model(const std::string& model) const {
    return train_tiny({"--model", model, "--epochs", "2", "--batch", "50", "--out", "run"});
  }
  ProcessResult eval_tiny(std::vector<std::string> arguments) const {
    for (const char* argument : {"--data", "data", "--device", "cpu", "--threads", "1"})
      arguments.emplace_back(argument);
    return eval(arguments);
  }
};

/// The last row of metrics.csv whose step is `step`, split at its commas.
std::vector<double> row_of_step(const std::string& csv, double step) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::vector<double> row;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(std::stod(cell));
    if (row.at(1) == step) return row;
  }
  return {};
}

}  // namespace

TEST_CASE_METHOD(TrainedModel, "an evaluation gives the trainer's own figures, to the last bit",
                 "[lenet_eval]") {
  const std::string model = std::string(GENERATE(from_range(models::model_names())));
  REQUIRE(train_model(model).exit_code == 0);
  const ProcessResult result = eval_tiny({"run/best.bin", "--split", "validation", "--json"});
  INFO(result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  const Json json = Json::parse(result.output);
  CHECK(json["model"] == model);
  CHECK(json["split"] == "validation");
  CHECK(json["count"] == 120);
  const std::vector<double> row = row_of_step(file("run/metrics.csv"), json["step"]);
  REQUIRE(row.size() == 8);
  CHECK(json["loss"] == row[4]);
  CHECK(json["accuracy"] == row[5]);
}

TEST_CASE_METHOD(TrainedModel, "without held-out images every program takes all training images",
                 "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  for (const char* held_out : {"0", "1", "619"}) {
    const ProcessResult result = eval_tiny({"run", "--split", "train", "--validation", held_out, "--json"});
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK(Json::parse(result.output)["count"] == 620 - std::stoi(held_out));
  }
  CHECK(plot({"--confusion", "run", "-o", "all.svg", "--split", "train", "--validation", "0", "--data",
              "data", "--device", "cpu"})
            .exit_code == 0);
  CHECK(bench({"--model", "regressor", "--data", "data", "--device", "cpu", "--threads", "1", "--validation",
               "0", "--steps", "20", "--warmup", "2"})
            .exit_code == 0);
  const ProcessResult none = eval_tiny({"run", "--split", "validation", "--validation", "0"});
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.errors, contains("with --validation 0 there are no validation images"));
  CHECK(eval_tiny({"run", "--split", "train", "--validation", "620"}).exit_code == 2);
}

TEST_CASE_METHOD(TrainedModel, "an evaluation's figures fit each other", "[lenet_eval]") {
  REQUIRE(train_model("mlp").exit_code == 0);
  const Json json = Json::parse(eval_tiny({"run", "--json"}).output);
  CHECK(json["split"] == "test");
  CHECK(json["count"] == 100);
  std::int64_t images = 0;
  std::int64_t correct = 0;
  for (std::size_t label = 0; label < 10; ++label) {
    std::int64_t of_label = 0;
    for (std::size_t other = 0; other < 10; ++other)
      of_label += json["confusion"][label][other].get<std::int64_t>();
    CHECK(json["classes"][label]["count"] == of_label);
    images += of_label;
    correct += json["confusion"][label][label].get<std::int64_t>();
  }
  CHECK(images == 100);
  CHECK(json["correct"] == correct);
  const double accuracy = json["accuracy"];
  CHECK(accuracy == static_cast<double>(correct) / 100.0);
  CHECK(json["standard_error"].get<double>() == Approx(std::sqrt(accuracy * (1 - accuracy) / 100.0)));
  CHECK(Json::parse(eval_tiny({"run", "--split", "train", "--json"}).output)["count"] == 500);
}

TEST_CASE_METHOD(TrainedModel, "people get the figures, the matrix and a row a digit", "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  const ProcessResult result = eval_tiny({"run/best.bin"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("regressor on 100 test images: accuracy ") && contains(" ± "));
  CHECK_THAT(result.output, contains("Confusion") && contains("precision   recall       F1"));
  CHECK(line_count(result.output) == 26);
}

TEST_CASE_METHOD(TrainedModel, "a quiet evaluation gives accuracy and loss alone", "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  const ProcessResult quiet = eval_tiny({"run", "--quiet"}), all = eval_tiny({"run"});
  CHECK(line_count(quiet.output) == 1);
  CHECK(all.output.starts_with(quiet.output));
}

TEST_CASE_METHOD(TrainedModel, "several files are compared in a table, in the order given", "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  std::filesystem::rename(folder / "run", folder / "first");
  REQUIRE(train_model("mlp").exit_code == 0);
  const Json one = Json::parse(eval_tiny({"first", "--json"}).output);
  const ProcessResult result = eval_tiny({"first", "run/best.bin", "run/last.bin"});
  CHECK(result.exit_code == 0);
  CHECK(result.errors.empty());
  CHECK(line_count(result.output) == 4);
  CHECK_THAT(result.output, contains("regressor  first\n") && contains("mlp        run/best.bin\n") &&
                                contains("mlp        run/last.bin\n"));
  const std::string line = eval_tiny({"first", "--quiet"}).output;
  const std::size_t accuracy = line.find("accuracy ") + 9;
  CHECK_THAT(result.output, contains("\n" + line.substr(accuracy, line.find(" (") - accuracy) + " "));
  CHECK(eval_tiny({"first", "run/best.bin", "run/last.bin", "--quiet"}).output ==
        result.output.substr(result.output.find('\n') + 1));
  const Json both = Json::parse(eval_tiny({"first", "run", "--json"}).output);
  REQUIRE(both.size() == 2);
  CHECK(both[0] == one);
  CHECK(both[1] == Json::parse(eval_tiny({"run", "--json"}).output));
}

TEST_CASE_METHOD(TrainedModel, "of several files, one that cannot be read does not hide the others",
                 "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  std::ofstream(folder / "foreign.bin") << "not weights at all, but long enough to have a header";
  const ProcessResult result = eval_tiny({"missing", "foreign.bin", "run"});
  CHECK(result.exit_code == 1);
  CHECK(line_count(result.output) == 2);
  CHECK(line_count(result.errors) == 2);
  CHECK_THAT(result.errors, contains("lenet_eval: missing: cannot be opened") && contains("foreign.bin: "));
  const ProcessResult json = eval_tiny({"missing", "run", "--json"});
  CHECK(json.exit_code == 1);
  const Json all = Json::parse(json.output);
  REQUIRE(all.size() == 2);
  CHECK(all[0]["file"] == "missing");
  CHECK_THAT(all[0]["error"].get<std::string>(), contains("cannot be opened"));
  CHECK(all[1]["count"] == 100);
  const ProcessResult no_data = eval({"run", "run", "--data", "missing", "--device", "cpu"});
  CHECK(no_data.exit_code == 1);
  CHECK(line_count(no_data.errors) == 1);
}

TEST_CASE_METHOD(TrainedModel, "digits are drawn into a file, the same for the same seed", "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  const auto drawn = [&](const std::string& name, const std::string& seed, const std::string& count) {
    const ProcessResult result = eval_tiny({"run", "--plot", name, "--seed", seed, "--count", count});
    INFO(result.errors);
    CHECK(result.exit_code == 0);
    const std::string digits = count == "1" ? " random test digit\n" : " random test digits\n";
    CHECK_THAT(result.output, contains("\n" + name + ": regressor: " + count + digits));
    return file(name);
  };
  const std::string first = drawn("a.png", "1", "10");
  CHECK(decode_png(std::as_bytes(std::span(first))).width == 1632);
  CHECK(drawn("b.png", "1", "10") == first);
  const ProcessResult refused = eval_tiny({"run", "--plot", "a.png", "--seed", "2"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, contains("a.png: already exists: ") && contains("--force"));
  CHECK(file("a.png") == first);
  CHECK(eval_tiny({"run", "--plot", "a.png", "--seed", "2", "--force"}).exit_code == 0);
  CHECK(drawn("c.png", "2", "10") != first);
  const std::string one = drawn("d.svg", "1", "1");
  CHECK(one.find("Correct: ") == one.rfind("Correct: "));
}

TEST_CASE_METHOD(TrainedModel, "mistakes are drawn alone, the most confident first", "[lenet_eval]") {
  REQUIRE(train_tiny({"--model", "regressor", "--steps", "3", "--out", "run"}).exit_code == 0);
  const Json json = Json::parse(eval_tiny({"run", "--json"}).output);
  const std::int64_t mistakes = json["count"].get<std::int64_t>() - json["correct"].get<std::int64_t>();
  REQUIRE(mistakes > 0);
  REQUIRE(eval_tiny({"run", "--plot", "errors.svg", "--errors", "--count", "100"}).exit_code == 0);
  std::istringstream lines(file("errors.svg"));
  std::int64_t shown = 0;
  double last = 100;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Correct: ")) continue;
    ++shown;
    CHECK(line[9] != line.back());
    std::getline(lines, line);
    CHECK(line.starts_with("#"));  // its index
    std::getline(lines, line);
    CHECK(line.size() == 1);  // the likeliest class, then its probability
    std::getline(lines, line);
    CHECK(std::stod(line) <= last);
    last = std::stod(line);
  }
  CHECK(shown == mistakes);
}

TEST_CASE_METHOD(TrainedModel, "digits are drawn in the terminal, and JSON stays alone on its channel",
                 "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  const ProcessResult shown = eval_tiny({"run", "--show", "--count", "3"});
  CHECK(shown.exit_code == 0);
  // The figures' 26 lines and a blank one, the title, and two rows of an index, a caption and 14 lines each.
  CHECK(line_count(shown.output) == 26 + 1 + 1 + 2 * 16);
  CHECK_THAT(shown.output, contains("Predicted: ") && contains("█"));
  CHECK(shown.output.find('\033') == std::string::npos);
  const ProcessResult both = eval_tiny({"run", "--show", "--json", "--plot", "a.png"});
  CHECK(both.exit_code == 0);
  CHECK(Json::parse(both.output)["count"] == 100);
  CHECK_THAT(both.errors, contains("Predicted: ") && contains("a.png: "));
}

TEST_CASE_METHOD(TrainedModel, "what cannot be evaluated is told in one line, with its exit code",
                 "[lenet_eval]") {
  REQUIRE(train_model("regressor").exit_code == 0);
  std::filesystem::create_directory(folder / "no-run");
  std::ofstream(folder / "foreign.bin") << "not weights at all, but long enough to have a header";
  const std::string good = file("run/best.bin");
  std::ofstream(folder / "cut.bin", std::ios::binary) << good.substr(0, good.size() - 100);
  std::string damaged = good;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  std::ofstream(folder / "damaged.bin", std::ios::binary) << damaged;
  std::string unknown = good;
  unknown.replace(unknown.find("regressor"), 9, "regressxx");
  std::ofstream(folder / "unknown.bin", std::ios::binary) << unknown;

  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, 2, "expected a weights file or run folder, or several"},
      {{"run", "run", "--plot", "a.png"}, 2, "--plot draws the digits of one weights file, got 2"},
      {{"run", "run", "--show"}, 2, "--show draws the digits of one weights file, got 2"},
      {{"run", "run", "--split", "tset"}, 2, "did you mean 'test'?"},
      {{"run", "--split", "tset"}, 2, "did you mean 'test'?"},
      {{"run", "--jsn"}, 2, "did you mean --json?"},
      {{"run", "--plot", "a.gif"}, 2, "a.gif: a figure's file must end in .png, .svg or .pdf"},
      {{"missing.bin", "--plot", "no/a.png"}, 1, "no/a.png: cannot be written: there is no folder no"},
      {{"run", "--errors"}, 2, "--errors says what --plot or --show draw"},
      {{"run", "--show", "--count", "0"}, 2, "--count: '0' is not"},
      {{"missing.bin"}, 1, "missing.bin: cannot be opened: No such file"},
      {{"no-run"}, 1, "no-run/best.bin: cannot be opened: No such file"},
      {{"/dev/null"}, 1, "/dev/null: is not a regular file"},
      {{"foreign.bin"}, 1, "foreign.bin: is no safetensors file of weights"},
      {{"cut.bin"}, 1, "cut.bin: the payload has"},
      {{"damaged.bin"}, 1, "damaged.bin: does not match its SHA-256"},
      {{"unknown.bin"}, 1, "unknown.bin: unknown model 'regressxx': did you mean 'regressor'?"},
  };
  for (const Case& bad : cases) {
    const ProcessResult result = eval_tiny(bad.arguments);
    INFO(bad.message << "\n" << result.output << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_eval: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK(result.output.empty());
  }
}

TEST_CASE_METHOD(TrainedModel, "lenet_eval --help lists its options", "[lenet_eval]") {
  const ProcessResult result = eval({"--help"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("usage: lenet_eval") && contains("--split NAME") && contains("--json"));
}
