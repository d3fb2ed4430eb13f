#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/io/metrics_table.hpp"
#include "engine/train/checkpoints.hpp"
#include "engine/train/state_check.hpp"
#include "engine/train/trainer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_content.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/warnings.hpp"
#include "tests/train/fake_program.hpp"
#include "tests/train/run_files.hpp"

using namespace lenet;
using namespace lenet::train;

namespace {

const data::Samples& training_samples() {
  static const data::Samples samples = fake_samples(50);
  return samples;
}

const data::Samples& validation_samples() {
  static const data::Samples samples = fake_samples(20);
  return samples;
}

/// Trains in `folder`, resumes from its last.bin if there is one, and stops after `stop_after` steps.
RunEnd train_in(const std::filesystem::path& folder, const RunLength& length,
                std::optional<std::int64_t> stop_after) {
  const Model model = models::make_model("regressor");
  RunInfo run{.model = model,
              .folder = folder,
              .options = {.training = TrainingOptions{.batch = 8, .seed = 7}},
              .training = training_samples().view(),
              .validation = validation_samples().view(),
              .run_length = length};
  StopRequest stop;
  FakeProgram program(
      {.training = [](std::int64_t step) { return 0.1 + 1.0 / (3.0 + static_cast<double>(step)); },
       .on_step =
           [&](std::int64_t step) {
             if (step + 1 == stop_after) stop.ask(RunEnd::Reason::signal);
           }});
  io::RunState state;
  if (std::filesystem::exists(folder / "last.bin"))
    state = restore(io::load_checkpoint(folder / "last.bin", model.graph), program);
  program.resume_at(state.step);
  run.resume_from(state);

  Trainer trainer(run, program, stop);
  add_files(trainer, folder);
  return trainer.train(state);
}

}  // namespace

TEST_CASE("a run that was stopped at any step and resumed leaves the files of an uninterrupted one",
          "[resume]") {
  const RunLength length =
      GENERATE(make_run_length(50, 8, 3, std::nullopt), make_run_length(50, 8, std::nullopt, 1010));
  const TemporaryFolder whole;
  train_in(whole.path(), length, std::nullopt);
  for (const std::int64_t stop_after : {1, 6, 7, 8, 13, 20, 21, 999, 1000, 1001}) {
    if (stop_after > length.total_steps) continue;
    INFO("stopped after step " << stop_after);
    const TemporaryFolder parts;
    train_in(parts.path(), length, stop_after);
    train_in(parts.path(), length, std::nullopt);
    CHECK(read_all(parts / "best.bin") == read_all(whole / "best.bin"));
    CHECK(read_all(parts / "last.bin") == read_all(whole / "last.bin"));
    CHECK(run_content(parts / "metrics.csv") == run_content(whole / "metrics.csv"));
  }
}

TEST_CASE("a run that was stopped after each of its steps is still the same run", "[resume]") {
  const RunLength length = make_run_length(50, 8, 3, std::nullopt);
  const TemporaryFolder whole;
  const TemporaryFolder parts;
  train_in(whole.path(), length, std::nullopt);
  for (std::int64_t step = 1; step <= length.total_steps; ++step) train_in(parts.path(), length, step);
  train_in(parts.path(), length, std::nullopt);  // the evaluation after the last step
  CHECK(read_all(parts / "last.bin") == read_all(whole / "last.bin"));
  CHECK(run_content(parts / "metrics.csv") == run_content(whole / "metrics.csv"));
}

TEST_CASE("a run whose initial weights are another file's has them in last.bin before its first step",
          "[resume]") {
  /// Looks at last.bin after the observers before it have begun.
  struct Look : Observer {
    explicit Look(std::filesystem::path path) : file(std::move(path)) {}
    void on_begin(const RunInfo& run, Program& program) override {
      is_there = std::filesystem::exists(file);
      if (!is_there) return;
      const io::Checkpoint saved = io::load_checkpoint(file, run.model.graph);
      has_initial_weights = saved.parameters == program.parameters() && saved.state &&
                            saved.state->step == 0 && !contradiction_in(*saved.state, run);
    }
    std::filesystem::path file;
    bool is_there = false;
    bool has_initial_weights = false;
  };
  const Model model = models::make_model("regressor");
  for (const bool keeps : {true, false}) {
    const TemporaryFolder folder;
    const RunInfo run{.model = model,
                      .folder = folder.path(),
                      .options = {.training = TrainingOptions{.batch = 8, .seed = 7}},
                      .training = training_samples().view(),
                      .validation = validation_samples().view(),
                      .run_length = make_run_length(50, 8, 1, std::nullopt),
                      .keeps_initial_weights = keeps};
    StopRequest stop;
    FakeProgram program;
    Trainer trainer(run, program, stop);
    add_files(trainer, folder.path());
    auto look = std::make_unique<Look>(folder / "last.bin");
    const Look& seen = *look;
    trainer.add(std::move(look));
    trainer.train();
    CHECK(seen.is_there == keeps);
    CHECK(seen.has_initial_weights == keeps);
  }
}

TEST_CASE("a resumed run drops rows newer than its checkpoint, and a torn one", "[resume]") {
  const RunLength length = make_run_length(50, 8, 3, std::nullopt);
  const TemporaryFolder whole;
  const TemporaryFolder killed;
  train_in(whole.path(), length, std::nullopt);
  train_in(killed.path(), length, 9);
  std::ofstream(killed / "metrics.csv", std::ios::app) << "2,14,0.5,0.5,0.5,0.5,0.25,9\n3,21,0.4";
  train_in(killed.path(), length, std::nullopt);
  CHECK(run_content(killed / "metrics.csv") == run_content(whole / "metrics.csv"));
}

TEST_CASE("a resumed run keeps the rows that are whole, and says how many are not there", "[resume]") {
  const RunLength length = make_run_length(50, 8, 4, std::nullopt);
  const TemporaryFolder whole;
  train_in(whole.path(), length, std::nullopt);
  const std::string rows = read_all(whole / "metrics.csv");
  const auto after_line = [&](int lines) {
    std::size_t end = 0;
    for (int line = 0; line < lines; ++line) end = rows.find('\n', end) + 1;
    return end;
  };
  struct Case {
    std::string left;  ///< what is left of the file, which had three rows
    int kept;
  };
  const std::string three = rows.substr(0, after_line(4));
  const std::vector<Case> cases = {
      {three, 3},
      {three + "4,28,0.5", 3},
      {three + std::string(100, '\0'), 3},
      {three.substr(0, three.size() - 1), 2},
      {three.substr(0, after_line(2)) + "2,14,0.4,nan,0.5\n" + three.substr(after_line(3)), 2},
      {three.substr(0, after_line(3)) + std::string(50, '\0') + "\n", 2},
      {three.substr(0, 20), 0},
      {"", 0},
      {std::string(three.size(), '\0'), 0},
  };
  for (const Case& damaged : cases) {
    INFO(damaged.left);
    const TemporaryFolder parts;
    train_in(parts.path(), length, 22);
    std::ofstream(parts / "metrics.csv", std::ios::binary) << damaged.left;
    const Warnings warnings;
    train_in(parts.path(), length, std::nullopt);
    CHECK(io::read_metrics(parts / "metrics.csv").size() == static_cast<std::size_t>(damaged.kept) + 1);
    REQUIRE(warnings.lines.size() == (damaged.kept == 3 ? 0 : 1));
    if (damaged.kept == 3) CHECK(run_content(parts / "metrics.csv") == without_times(rows));
    if (damaged.kept < 3)
      CHECK_THAT(warnings.lines[0], contains("metrics.csv: has " + std::to_string(damaged.kept) +
                                             " of the 3 rows up to step 22"));
  }
  const TemporaryFolder parts;
  train_in(parts.path(), length, 22);
  std::filesystem::remove(parts / "metrics.csv");
  const Warnings warnings;
  train_in(parts.path(), length, std::nullopt);
  CHECK(warnings.lines.size() == 1);
}

TEST_CASE("the times of a resumed run go on from those of its rows, without the pause", "[resume]") {
  const RunLength length = make_run_length(50, 8, 3, std::nullopt);
  const std::int64_t stop_after = GENERATE(7, 10, 14);
  const TemporaryFolder parts;
  train_in(parts.path(), length, stop_after);
  // As if the first rows had taken a hundred seconds each.
  const auto earlier = [&] {
    return std::filesystem::exists(parts / "metrics.csv") ? read_all(parts / "metrics.csv") : "";
  };
  std::string text;
  std::istringstream lines(earlier());
  int row = 0;
  for (std::string line; std::getline(lines, line); ++row)
    text += (row == 0 ? line : line.substr(0, line.rfind(',') + 1) + std::to_string(100 * row)) + '\n';
  std::ofstream(parts / "metrics.csv") << text;
  train_in(parts.path(), length, std::nullopt);
  const auto rows = io::read_metrics(parts / "metrics.csv");
  REQUIRE(rows.size() == 3);
  const double before = 100.0 * (row - 1);
  // Where only an evaluation was left, its steps count as long as those of the rows before.
  const double first = stop_after == 14 ? 200 : before;
  for (std::size_t i = static_cast<std::size_t>(row - 1); i < rows.size(); ++i) {
    CHECK(rows[i].seconds >= first);
    CHECK(rows[i].seconds < first + 50);
  }
  CHECK(rows[1].seconds <= rows[2].seconds);
}

TEST_CASE("a run of an earlier version goes on with rows of today's form", "[resume]") {
  const RunLength length =
      GENERATE(make_run_length(50, 8, 3, std::nullopt), make_run_length(50, 8, std::nullopt, 2010));
  const TemporaryFolder whole;
  train_in(whole.path(), length, std::nullopt);
  const TemporaryFolder parts;
  train_in(parts.path(), length, length.by_steps ? 1500 : 15);
  std::istringstream lines(read_all(parts / "metrics.csv"));
  std::string earlier = std::string(io::kEarlierMetricsHeader) + '\n';
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const auto row = io::parse_metrics_row(line).value();
    const std::size_t begin = line.find(',');
    earlier += std::to_string(static_cast<int>(std::ceil(row.epoch))) +
               line.substr(begin, line.rfind(',') - begin) + '\n';
  }
  std::ofstream(parts / "metrics.csv") << earlier;
  train_in(parts.path(), length, std::nullopt);
  CHECK(run_content(parts / "metrics.csv") == run_content(whole / "metrics.csv"));
  const auto rows = io::read_metrics(parts / "metrics.csv");
  CHECK_FALSE(rows.front().has_time());
  CHECK(rows.back().has_time());
}

TEST_CASE("a metrics.csv that cannot be read, or is another file, ends a resumed run and stays as it is",
          "[resume]") {
  const RunLength length = make_run_length(50, 8, 3, std::nullopt);
  const TemporaryFolder parts;
  train_in(parts.path(), length, 9);
  std::ofstream(parts / "metrics.csv") << "time,temperature\n1,20\n";
  CHECK_THROWS_WITH(train_in(parts.path(), length, std::nullopt),
                    contains("metrics.csv: is no metrics.csv, expected 'epoch,step,"));
  CHECK(read_all(parts / "metrics.csv") == "time,temperature\n1,20\n");
  std::filesystem::remove(parts / "metrics.csv");
  std::filesystem::create_directory(parts / "metrics.csv");
  CHECK_THROWS_AS(train_in(parts.path(), length, std::nullopt), IoError);
  CHECK(std::filesystem::is_directory(parts / "metrics.csv"));
}

TEST_CASE("metrics.csv is whole at every moment of a resumed run's start", "[resume]") {
  const RunLength length = make_run_length(50, 8, 3, std::nullopt);
  const TemporaryFolder parts;
  train_in(parts.path(), length, 15);
  std::ofstream(parts / "metrics.csv", std::ios::app) << "torn";
  // The old file must not be opened for writing: a program that has it open still reads its bytes.
  std::ifstream before(parts / "metrics.csv");
  train_in(parts.path(), length, 16);
  std::ostringstream text;
  text << before.rdbuf();
  CHECK_THAT(text.str(), contains("torn"));
  CHECK(io::read_metrics(parts / "metrics.csv").size() == 2);
}

TEST_CASE("metrics.csv has a header and one row per evaluation, with numbers that read back exactly",
          "[metrics_csv]") {
  const TemporaryFolder folder;
  const RunEnd end = train_in(folder.path(), make_run_length(50, 8, 2, std::nullopt), std::nullopt);
  std::istringstream lines(read_all(folder / "metrics.csv"));
  std::string line;
  std::getline(lines, line);
  CHECK(line == "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds");
  std::getline(lines, line);
  CHECK(line.starts_with("1,7,"));
  std::getline(lines, line);
  CHECK(line.starts_with("2,14,"));
  double loss = 0;
  double accuracy = 0;
  double val_loss = 0;
  REQUIRE(std::sscanf(line.c_str(), "2,14,%lf,%lf,%lf", &loss, &accuracy, &val_loss) == 3);
  CHECK(val_loss == end.best_val_loss);
  CHECK_FALSE(std::getline(lines, line));
  const auto rows = io::read_metrics(folder / "metrics.csv");
  CHECK(rows[0].seconds >= 0);
  CHECK(rows[1].seconds >= rows[0].seconds);
  CHECK(rows[1].seconds < 50);
}

TEST_CASE("best.bin keeps the weights of the best evaluation, last.bin those of the last step",
          "[checkpoint]") {
  const TemporaryFolder folder;
  const Model model = models::make_model("regressor");
  const data::Samples training = fake_samples(50);
  RunInfo run{.model = model,
              .options = {.training = TrainingOptions{.batch = 8, .seed = 7}},
              .training = training.view(),
              .validation = training.view(),
              .run_length = make_run_length(50, 8, 4, std::nullopt)};
  StopRequest stop;
  FakeProgram program({.validation = [](std::int64_t steps) { return steps == 14 ? 0.1 : 0.2; }});
  Trainer trainer(run, program, stop);
  const auto writer = std::make_shared<io::CheckpointWriter>();
  const auto files = std::make_shared<AppendFiles>();
  trainer.add(std::make_unique<BestCheckpoint>(folder / "best.bin", writer));
  trainer.add(std::make_unique<LastCheckpoint>(folder / "last.bin", writer, files));
  trainer.train();
  const io::Checkpoint best = io::load_checkpoint(folder / "best.bin", model.graph);
  const io::Checkpoint last = io::load_checkpoint(folder / "last.bin", model.graph);
  CHECK(best.info.epoch == 2);
  CHECK(best.info.step == 14);
  CHECK(best.info.validation_count == 50);
  CHECK_FALSE(best.state);
  CHECK(last.info.step == 28);
  CHECK(last.parameters == program.parameters());
  CHECK(best.parameters != last.parameters);
  CHECK(last.state.value().best_evaluation == 2);
}
