#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/png.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

/// Two short runs, one of the regressor and one of the MLP.
struct TwoRuns : ToolRuns {
  TwoRuns() {
    for (const char* model : {"regressor", "mlp"})
      REQUIRE(train_tiny({"--model", model, "--epochs", "2", "--batch", "50", "--out", model}).exit_code ==
              0);
  }
  static std::vector<std::string> with_data(std::vector<std::string> arguments) {
    for (const char* argument : {"--data", "data", "--device", "cpu", "--threads", "1"})
      arguments.emplace_back(argument);
    return arguments;
  }
  bool is_png(const char* name) const {
    const std::string bytes = file(name);
    return decode_png(std::as_bytes(std::span(bytes))).width > 100;
  }
  void write(const char* name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
  }
};

}  // namespace

TEST_CASE_METHOD(TwoRuns, "runs are drawn into one figure, under their folders' names", "[lenet_plot]") {
  const ProcessResult result = plot({"mlp", "regressor/metrics.csv", "-o", "both.svg"});
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  CHECK(result.errors.empty());
  CHECK(result.output == "both.svg: loss and accuracy of mlp and regressor\n");
  CHECK_THAT(file("both.svg"),
             contains("\nmlp\n") && contains("\nregressor\n") && contains("best at epoch "));

  CHECK(plot({"mlp/"}).output == "curves.png: loss and accuracy of mlp\n");
  CHECK(is_png("curves.png"));
  CHECK(plot({"mlp", "--out=mlp.pdf"}).exit_code == 0);
  CHECK(file("mlp.pdf").starts_with("%PDF-"));
}

TEST_CASE_METHOD(TwoRuns, "runs of one name are told apart by their paths", "[lenet_plot]") {
  std::filesystem::create_directories(folder / "old");
  std::filesystem::copy(folder / "mlp", folder / "old/mlp");
  REQUIRE(plot({"mlp", "old/mlp", "-o", "both.svg"}).exit_code == 0);
  CHECK_THAT(file("both.svg"), contains("\nmlp\n") && contains("\nold/mlp\n"));
}

TEST_CASE_METHOD(TwoRuns, "runs counted in steps are drawn over steps, all others over epochs",
                 "[lenet_plot]") {
  REQUIRE(train_tiny({"--model", "mlp", "--steps", "15", "--batch", "50", "--out", "steps"}).exit_code == 0);
  REQUIRE(plot({"mlp", "regressor", "-o", "epochs.svg"}).exit_code == 0);
  CHECK_THAT(file("epochs.svg"), contains("\nepoch\n") && contains("best at epoch "));
  REQUIRE(plot({"mlp", "steps", "-o", "both.svg"}).exit_code == 0);
  CHECK_THAT(file("both.svg"), contains("\nstep\n") && contains("best at step 15: "));
  REQUIRE(plot({"mlp", "steps", "-o", "parts.svg", "--axis", "epochs"}).exit_code == 0);
  CHECK_THAT(file("parts.svg"), contains("\nepoch\n") && contains("best at epoch 1.50: "));
  REQUIRE(plot({"mlp", "steps", "-o", "time.svg", "--axis", "time"}).exit_code == 0);
  CHECK_THAT(file("time.svg"), contains("\ntime, seconds\n"));

  write("old.csv", "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate\n2,1000,1,0,1,0,1\n");
  REQUIRE(plot({"old.csv", "-o", "old.svg"}).exit_code == 0);
  CHECK_THAT(file("old.svg"), contains("best at step 1,000: "));
  for (const char* axis : {"time", "epochs"})
    CHECK_THAT(plot({"old.csv", "-o", "no.svg", "--axis", axis}).errors,
               contains("old: was written by an earlier version, without "));
}

TEST_CASE_METHOD(TwoRuns, "a file that is there is replaced only with --force", "[lenet_plot]") {
  write("curves.svg", "precious");
  for (const std::vector<std::string>& what : std::vector<std::vector<std::string>>{
           {"mlp", "-o", "curves.svg"}, with_data({"--confusion", "mlp", "-o", "curves.svg"})}) {
    const ProcessResult refused = plot(what);
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.errors, contains("curves.svg: already exists: ") && contains("--force"));
    CHECK(file("curves.svg") == "precious");
  }
  CHECK(plot({"mlp", "-o", "curves.svg", "--force"}).exit_code == 0);
  CHECK_THAT(file("curves.svg"), contains("<svg"));
}

TEST_CASE_METHOD(TwoRuns, "the confusion matrix holds lenet_eval's counts", "[lenet_plot]") {
  const ProcessResult result = plot(with_data({"--confusion", "mlp/best.bin", "-o", "confusion.svg"}));
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  const auto json = nlohmann::json::parse(eval(with_data({"mlp", "--json"})).output);
  std::string counts;
  for (const auto& row : json["confusion"])
    for (const std::int64_t count : row) counts += count ? std::to_string(count) + "\n" : "·\n";
  CHECK_THAT(file("confusion.svg"), contains("mlp on 100 test images: ") && contains(counts));
  CHECK(plot(with_data({"--confusion", "mlp", "--split", "validation"})).exit_code == 0);
  CHECK(is_png("confusion.png"));
}

TEST_CASE_METHOD(TwoRuns, "a run that was killed while it wrote a row is drawn without it", "[lenet_plot]") {
  const std::string good = file("mlp/metrics.csv");
  write("torn.csv", good.substr(0, good.size() - 5));
  const ProcessResult result = plot({"torn.csv", "-o", "torn.png"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.errors, contains("torn.csv:3: leaving out the row, which is cut off"));
  CHECK(is_png("torn.png"));
}

TEST_CASE_METHOD(TwoRuns, "what cannot be drawn is told in one line, with its exit code", "[lenet_plot]") {
  std::filesystem::create_directory(folder / "no-run");
  const std::string good = file("mlp/metrics.csv");
  write("torn.csv", good.substr(0, good.find('\n') + 5));
  write("empty.csv", "");
  write("other.csv", "a,b,c\n1,2,3\n");

  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, 2, "expected the folder of a run, or several"},
      {{"--confusion"}, 2, "--confusion expects one weights file or run folder, got 0"},
      {{"--confusion", "mlp", "regressor"}, 2, "got 2"},
      {{"mlp", "-o", "curves.jpg"}, 2, "curves.jpg: a figure's file must end in .png, .svg or .pdf"},
      {{"mlp", "--axis", "days"}, 2, "expected epochs, steps or time"},
      {{"--confusion", "mlp", "--axis", "steps"}, 2, "--axis is for curves"},
      {{"mlp", "--otu", "a.png"}, 2, "unknown option --otu: did you mean --out?"},
      {{"mlp", "--split", "train"}, 2, "--split is for --confusion"},
      {{"missing"}, 1, "missing: no such file"},
      {{"no-run"}, 1, "no-run/metrics.csv: no such file"},
      {{"mlp", "empty.csv"}, 1, "empty.csv: has no rows yet"},
      {{"other.csv"}, 1, "other.csv:1: is no metrics.csv"},
      {{"mlp/best.bin"}, 1, "best.bin:1: is no metrics.csv"},
      {{"mlp", "-o", "missing/a.png"}, 1, "missing/a.png: cannot be written: there is no folder missing"},
      {{"--confusion", "torn.csv", "-o", "torn.csv/a.png"}, 1, "cannot be written: torn.csv is no folder"},
      {{"--confusion", "torn.csv"}, 1, "torn.csv: "},
      {{"--confusion", "mlp", "--data", "no-run"}, 1, "no-run"},
  };
  for (const Case& bad : cases) {
    const ProcessResult result = plot(bad.arguments);
    INFO(bad.message << "\n" << result.output << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_plot: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK(result.output.empty());
  }
  CHECK_FALSE(std::filesystem::exists(folder / "curves.png"));
}

TEST_CASE_METHOD(ToolRuns, "lenet_plot --help lists its options", "[lenet_plot]") {
  const ProcessResult result = plot({"--help"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output,
             contains("usage: lenet_plot") && contains("-o, --out FILE") && contains("Example:"));
}
