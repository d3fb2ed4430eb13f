#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
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
  const std::string model = GENERATE("regressor", "mlp", "cnn");
  REQUIRE(train_model(model).exit_code == 0);
  const ProcessResult result = eval_tiny({"run/best.bin", "--split", "validation", "--json"});
  INFO(result.output << result.errors);
  REQUIRE(result.exit_code == 0);
  const Json json = Json::parse(result.output);
  CHECK(json["model"] == model);
  CHECK(json["split"] == "validation");
  CHECK(json["count"] == 120);
  const std::vector<double> row = row_of_step(file("run/metrics.csv"), json["step"]);
  REQUIRE(row.size() == 7);
  CHECK(json["loss"] == row[4]);
  CHECK(json["accuracy"] == row[5]);
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
      {{}, 2, "expected one weights file or run folder, got 0"},
      {{"run", "run"}, 2, "expected one weights file or run folder, got 2"},
      {{"run", "--split", "tset"}, 2, "did you mean 'test'?"},
      {{"run", "--jsn"}, 2, "did you mean --json?"},
      {{"missing.bin"}, 1, "missing.bin: no such file"},
      {{"no-run"}, 1, "no-run/best.bin: no such file"},
      {{"/dev/null"}, 1, "/dev/null: not a regular file"},
      {{"foreign.bin"}, 1, "foreign.bin: declares a header"},
      {{"cut.bin"}, 1, "cut.bin: the payload has"},
      {{"damaged.bin"}, 1, "damaged.bin: the weights do not match their SHA-256"},
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
