// What the programs print fits terminals of any width.
#include "tests/support/terminal.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"
#include "tools/cli/banner.hpp"
#include "tools/cli/evaluation_text.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/predictions.hpp"
#include "tools/cli/progress_text.hpp"
#include "tools/cli/text_table.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

void check_fits(const std::string& text, int width) {
  for (const std::string_view line : lines_of(text)) {
    INFO(width << ": " << line);
    CHECK_FALSE(could_be_folded(line, width));
  }
}

Evaluation an_evaluation(const ClassNames& names) {
  Metrics metrics{.loss_sum = 1234.5, .correct = 9990, .count = 10'000};
  for (int cell = 0; cell < 100; ++cell) metrics.confusion.push_back(cell % 11 == 0 ? 1000 : cell);
  return {.model = "regressor", .split = "test", .classes = 10, .metrics = metrics, .class_names = names};
}

ClassNames long_names() {
  std::vector<std::string> names;
  for (char letter = 'a'; letter < 'k'; ++letter) names.emplace_back(20, letter);
  return ClassNames(std::move(names));
}

/// Runs on tiny data, in terminals.
struct TerminalRuns : ToolRuns {
  void check(const std::vector<std::string>& command) const {
    for (const int columns : {40, 80}) {
      const ProcessResult result = run_in_terminal(command, columns, options);
      INFO(command[0] << ' ' << (command.size() > 1 ? command[1] : "") << '\n' << result.output);
      CHECK_FALSE(result.output.empty());
      for (const std::string& line : shown_lines(result.output)) {
        INFO(columns << ": " << line);
        CHECK_FALSE(could_be_folded(line, columns));
      }
    }
  }
  void check_on_data(std::vector<std::string> command) const {
    for (const char* argument : {"--data", "data", "--device", "cpu", "--threads", "1"})
      command.emplace_back(argument);
    check(command);
  }
};

}  // namespace

TEST_CASE("a text is wrapped before and behind words that are too wide, and loses none", "[terminal]") {
  const std::string wide = "/a/path/without/any/blank/that/is/wider/than/some/terminals";
  const std::vector<std::string> texts = {
      "using the CPU: " + wide + " is no file, so build it with CMake or look at the variable\n",
      wide + ": 55,000 training, 5,000 validation, 10,000 test images\n",
      "Data       " + wide + ": 55,000 training, 5,000 validation images\n",
      "one two three four five six seven eight nine ten eleven twelve " + wide + "\n",
      "0.9909 ± 0.0009    9,909   10,000    0.02546  cnn        " + wide + "\n",
      "x " + wide + " y " + wide + " z\nand a second line that is longer than the narrowest terminals\n"};
  for (const std::string& text : texts)
    for (const int indent : {0, 2, 11})
      for (int width = 16; width < 140; ++width) {
        const std::string folded_text = wrapped(text, width, indent);
        INFO(width << ' ' << indent << '\n' << folded_text);
        CHECK(words_of(folded_text) == words_of(text));
        for (const std::string_view line : lines_of(folded_text)) {
          CHECK_FALSE(line.ends_with(' '));
          CHECK_FALSE(could_be_folded(line, width));
        }
      }
}

TEST_CASE("a value that fits only without its label goes below it", "[terminal]") {
  CHECK(wrapped("Folder     a/path/of/twenty-three/x\n", 30, 11) == "Folder\n  a/path/of/twenty-three/x\n");
  CHECK(wrapped("Folder     a/path/of/twenty-three/x\n", 35, 11) == "Folder     a/path/of/twenty-three/x\n");
}

TEST_CASE("a table gets narrower before it leaves out columns, those of the highest rank first",
          "[terminal]") {
  const std::vector<TableRow> rows = {{"a", "12", "x y"}, {"bbbb", "3", "a/long/path"}};
  const auto table = [&](int width) {
    return TextTable(with_narrow_widths({{.heading = "name", .width = 8},
                                         {.heading = "n", .side = Side::right, .width = 6, .rank = 1},
                                         {.heading = "where"}},
                                        rows),
                     width);
  };
  for (const int width : {0, 29}) {
    CHECK(table(width).heading() == "name           n  where\n");
    CHECK(table(width).row(rows[1]) == "bbbb           3  a/long/path\n");
  }
  CHECK(table(28).row(rows[0]) == "a     12  x y\n");
  CHECK(table(21).row(rows[1]) == "bbbb   3  a/long/path\n");
  CHECK(table(20).row(rows[1]) == "bbbb   3\n  a/long/path\n");
  CHECK(table(20).left_out().empty());
  CHECK(table(7).row(rows[1]) == "bbbb\n  a/long/path\n");
  CHECK(table(7).left_out() == std::vector<std::string>{"n"});
  const TextTable named({{.heading = "a long heading", .rank = 1}, {.heading = "name"}, {.heading = "value"}},
                        10);
  CHECK(named.heading() == "name\n  value\n");
}

TEST_CASE("the tables of a network and of evaluations fit, or say what they leave out", "[terminal]") {
  for (int width = 40; width <= 120; ++width) {
    for (const std::string_view model : models::model_names())
      check_fits(summary(models::make_model(model).graph, width), width);
    for (const ClassNames& names : {ClassNames(), long_names()}) {
      const Evaluation evaluation = an_evaluation(names);
      check_fits(confusion_text(evaluation, width), width);
      const ScoresText scores = scores_text(evaluation, width);
      check_fits(scores.text, width);
      CHECK((scores.left_out.empty() || (width < 60 && !names.empty())));
      for (const std::size_t length : {3, 19, 30, 100}) {
        const std::vector<std::string> weights = {std::string(length, 'w')};
        const TextTable table = comparison_table(weights, width);
        check_fits(table.heading() + table.row(comparison_row(evaluation, weights.front())), width);
      }
    }
  }
}

TEST_CASE("a confusion matrix in blocks has every count once", "[terminal]") {
  const Evaluation evaluation = an_evaluation({});
  const auto numbers = [&](int width) {
    const std::string text = confusion_text(evaluation, width);
    std::vector<std::string> found;
    for (const std::string_view word : words_of(text)) found.emplace_back(word);
    std::ranges::sort(found);
    return found;
  };
  std::vector<std::string> in_blocks = numbers(40), whole = numbers(0);
  // A second block repeats the labels of the rows.
  for (int label = 0; label < 10; ++label) whole.push_back(std::to_string(label));
  std::ranges::sort(whole);
  CHECK(in_blocks == whole);
  CHECK(confusion_text(evaluation, 67) == confusion_text(evaluation, 0));
}

TEST_CASE("lines about digits and downloads fit", "[terminal]") {
  for (int width = 40; width <= 140; ++width)
    for (const ClassNames& names : {ClassNames(), long_names()})
      for (const bool all : {false, true}) {
        const DigitBatch batch{.image = {1, 28, 28}, .classes = 10, .class_names = names};
        for (const char* name : {"a.png", "a picture of some digits 12/34 at 1234,5678"}) {
          PredictedDigit digit{.name = name, .label = 3, .logits = std::vector<float>(10, 0.5f)};
          check_fits(prediction_text(digit, batch, {.all = all, .name_width = 12, .terminal = width}), width);
        }
      }
  for (int width = 0; width < 120; ++width)
    for (const std::int64_t now : {0, 4'000'000, 9'912'422})
      CHECK(columns(download_line("train-images-idx3-ubyte", now, 9'912'422, width)) <= width);
}

TEST_CASE_METHOD(TerminalRuns, "no program prints lines that a terminal of 40 or 80 columns has no room for",
                 "[terminal]") {
  if (!has_terminals()) LENET_SKIP("script, which makes a terminal, is not installed");
  REQUIRE(train_tiny({"--model", "cnn", "--epochs", "1", "--batch", "50", "--out", "run"}).exit_code == 0);
  std::filesystem::create_directory(folder / "pictures");
  std::ofstream(folder / "pictures" / "no-picture-at-all-but-some-text.png") << "text";

  for (const char* program :
       {LENET_TRAIN_PROGRAM, LENET_EVAL_PROGRAM, LENET_PREDICT_PROGRAM, LENET_PLOT_PROGRAM,
        LENET_BENCH_PROGRAM, LENET_EXPORT_PROGRAM, LENET_REPORT_PROGRAM, LENET_RUNS_PROGRAM,
        LENET_DATA_PROGRAM, LENET_SERVE_PROGRAM}) {
    check({program, "--help"});
    check({program, "--version"});
    check({program, "--an-option-that-no-program-has-and-that-makes-a-long-line"});
  }
  check(train_command({"--list-devices"}));
  check(train_command({"--resume", "run"}));
  check(train_command(tiny({"--model", "cnn", "--dry-run", "--verbose"})));
  check(train_command(tiny({"--model", "regressor", "--batch", "4", "--epochs", "2", "--lr", "1e-30",
                            "--data-on-device", "--autotune", "--fork-steps"})));
  for (const bool has_names : {false, true}) {
    if (has_names) std::ofstream(folder / "data" / "classes.txt") << long_names().text() << '\n';
    check_on_data({LENET_EVAL_PROGRAM, "run"});
    check_on_data({LENET_EVAL_PROGRAM, "run", "--show", "--plot", "digits.png", "--force"});
    check_on_data({LENET_PREDICT_PROGRAM, "run", "--index", "0-9", "--plot", "read.png", "--force"});
    check_on_data({LENET_PREDICT_PROGRAM, "run", "--index", "0-9", "--all"});
    check({LENET_DATA_PROGRAM, "info", "--data", "data"});
  }
  check_on_data({LENET_EVAL_PROGRAM, "run", "run/best.bin", "run/last.bin", "no/such/weights.bin"});
  check_on_data({LENET_PREDICT_PROGRAM, "run", "pictures"});
  check_on_data({LENET_REPORT_PROGRAM, "run", "-o", "a-page-about-one-run.html", "--force"});
  check({LENET_PLOT_PROGRAM, "run", "-o", "curves.png", "--force"});
  check({LENET_EXPORT_PROGRAM, "run", "--force"});
  check({LENET_RUNS_PROGRAM, "."});
  check({LENET_RUNS_PROGRAM, "pictures"});
  check({LENET_DATA_PROGRAM, "verify", "--data", "data"});
  check({LENET_DATA_PROGRAM, "synthesize", "--train", "10", "--test", "10", "--out", "data"});
  check_on_data(
      {LENET_BENCH_PROGRAM, "--model", "regressor", "--validation", "120", "--batch", "50", "--steps", "10"});
}
