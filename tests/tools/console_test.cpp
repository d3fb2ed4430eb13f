#include "tools/cli/console.hpp"

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>

#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/train/fake_program.hpp"
#include "tools/cli/banner.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/progress_text.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

/// Half of the third of 18 epochs.
const train::RunLength kEpochs = train::make_run_length(55'000, 50, 18, std::nullopt);
const train::Progress kHalfWay{.epoch = 2,
                               .step = 2750,
                               .step_in_interval = 550,
                               .steps_in_interval = 1100,
                               .images_per_second = 1000,
                               .training = {.loss_sum = 13'750, .correct = 22'000, .count = 27'500}};

const train::RunLength kSteps = train::make_run_length(55'000, 50, std::nullopt, 5000);
const train::Progress kInSteps{.epoch = 1,
                               .step = 1250,
                               .step_in_interval = 250,
                               .steps_in_interval = 1000,
                               .images_per_second = 1000,
                               .training = {.loss_sum = 6250, .correct = 10'000, .count = 12'500}};

struct Fixture {
  Model model = models::make_model("regressor");
  data::Samples samples = fake_samples(100);
  train::RunInfo run{
      .model = model, .folder = "runs/regressor-1", .validation = samples.view(), .run_length = kEpochs};
  FakeProgram program;
  std::ostringstream out;

  std::string evaluation_text(ConsoleOptions options, std::optional<double> improved_from) {
    Console console(out, options);
    console.on_begin(run, program);
    console.on_evaluation({.number = 2,
                           .epoch = 2,
                           .step = 2200,
                           .training = {.loss_sum = 30, .correct = 80, .count = 100},
                           .validation = {.loss_sum = 27.905, .correct = 90, .count = 100},
                           .seconds = 75.2,
                           .images_per_second = 12345.6,
                           .improved_from = improved_from,
                           .state = {.best_val_loss = 0.27}},
                          program);
    return out.str();
  }
};

}  // namespace

TEST_CASE("the progress line shows where an epoch stands, and the time that is left", "[console]") {
  CHECK(progress_line(kHalfWay, kEpochs, 0, 200) ==
        "Epoch  3/18 ━━━━━━━━━━━━────────────  550/1100  ETA 0:28, run 14:13  loss 0.5000  accuracy 0.8000  "
        "1,000 images/s");
  // Sixteen evaluations of two seconds are to come.
  CHECK_THAT(progress_line(kHalfWay, kEpochs, 2, 200), contains("ETA 0:28, run 14:45"));
  train::Progress last = kHalfWay;
  last.epoch = 17;
  last.step += 15 * 1100;
  CHECK_THAT(progress_line(last, kEpochs, 0, 200), contains("Epoch 18/18") && contains("ETA 0:28  loss"));
}

TEST_CASE("the progress line of a run counted in steps shows where the run stands", "[console]") {
  CHECK(progress_line(kInSteps, kSteps, 0, 200) ==
        "Step 1250/5000 ━━━━━━──────────────────  ETA 3:08  loss 0.5000  accuracy 0.8000  1,000 images/s");
}

TEST_CASE("the progress line fits terminals of every width", "[console]") {
  for (int width = 1; width < 150; ++width) {
    CHECK(columns(progress_line(kHalfWay, kEpochs, 0, width)) <= width);
    CHECK(columns(progress_line(kInSteps, kSteps, 0, width)) <= width);
  }
  CHECK(progress_line(kHalfWay, kEpochs, 0, 5).empty());
  CHECK(progress_line(kHalfWay, kEpochs, 0, 34) == "Epoch  3/18  550/1100  ETA 0:28");
  CHECK(progress_line(kHalfWay, kEpochs, 0, 39) == "Epoch  3/18 ━━━────  550/1100  ETA 0:28");
}

TEST_CASE("on no terminal do parts of the progress line come and go within an epoch", "[console]") {
  for (int width = 20; width < 130; ++width) {
    std::string parts;
    for (std::int64_t step = 1; step <= 1100; ++step) {
      train::Progress progress = kHalfWay;
      progress.step = 2200 + step;
      progress.step_in_interval = step;
      progress.training = {
          .loss_sum = 25.0 * static_cast<double>(step), .correct = 40 * step, .count = 50 * step};
      const std::string line = progress_line(progress, kEpochs, 0, width);
      std::string shown;
      for (const char* part : {"Epoch", "/1100", "ETA", "run", "loss", "accuracy", "images"})
        if (line.find(part) != std::string::npos) shown += part;
      if (line.find("━") != std::string::npos || line.find("─") != std::string::npos) shown += "bar";
      if (step == 1) parts = shown;
      INFO(line << "\n" << width);
      REQUIRE(shown == parts);
    }
  }
}

TEST_CASE("at 80 columns there is room for a bar and all but the speed", "[console]") {
  train::Progress late = kHalfWay;
  late.epoch = 10;
  late.step = 10 * 1100 + 1050;
  const std::string line = progress_line(late, kEpochs, 0, 79);
  CHECK_THAT(line, contains(" ━━━━━") && contains("1050/1100  ETA ") && contains(", run ") &&
                       contains("loss 0.5000  accuracy 0.8000"));
}

TEST_CASE("the lines of a text are wrapped at blanks, below their beginnings", "[console]") {
  const std::string text = "Device     two threads of a CPU\nData       a/long/path/without/blanks\n";
  CHECK(wrapped(text, 0, 11) == text);
  CHECK(wrapped(text, 80, 11) == text);
  CHECK(wrapped(text, 24, 11) ==
        "Device     two threads\n           of a CPU\nData       a/long/path/without/blanks\n");
}

TEST_CASE("lines are folded between their parts, and within one that is too long", "[console]") {
  const std::vector<std::string> parts = {"Epoch 1/2", "loss 0.5", "accuracy 0.9",
                                          "no progress since a while"};
  CHECK(folded(parts, 0) == "Epoch 1/2  loss 0.5  accuracy 0.9  no progress since a while\n");
  CHECK(folded(parts, 34) == "Epoch 1/2  loss 0.5  accuracy 0.9\n  no progress since a while\n");
  CHECK(folded(parts, 20) == "Epoch 1/2  loss 0.5\n  accuracy 0.9\n  no progress since\n  a while\n");
  CHECK(folded({"a/long/path/of/a/file"}, 10) == "a/long/path/of/a/file\n");
  CHECK(folded({"\033[32mgreen\033[0m", "line"}, 11) == "\033[32mgreen\033[0m  line\n");
}

TEST_CASE("durations read like a clock", "[console]") {
  CHECK(duration_text(0) == "0:00");
  CHECK(duration_text(59.6) == "1:00");
  CHECK(duration_text(75.2) == "1:15");
  CHECK(duration_text(3700) == "1:01:40");
}

TEST_CASE_METHOD(Fixture, "without a terminal an evaluation is one line with no control codes", "[console]") {
  CHECK(evaluation_text({}, 0.2968) ==
        "Epoch  2/18  loss 0.3000  accuracy 0.8000  val_loss 0.2791  val_accuracy 0.9000  1:15  12,346 "
        "images/s  val_loss improved from 0.29680, saving best.bin\n");
}

TEST_CASE_METHOD(Fixture, "an evaluation without improvement names the loss to beat", "[console]") {
  CHECK_THAT(evaluation_text({}, std::nullopt), contains("val_loss did not improve from 0.27000"));
}

TEST_CASE_METHOD(Fixture, "the first evaluation has no loss to compare with", "[console]") {
  for (const bool color : {false, true}) {
    const std::string text = evaluation_text({.color = color}, std::numeric_limits<double>::infinity());
    out.str("");
    CHECK_THAT(text, contains("saving best.bin") && !contains("improved") && !contains("inf"));
  }
}

TEST_CASE_METHOD(Fixture, "on a terminal an evaluation fits its columns", "[console]") {
  std::istringstream lines(evaluation_text({.bar = true, .folds = true}, 0.2968));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) CHECK(columns(line) < 80);
  CHECK(count == 2);
}

TEST_CASE_METHOD(Fixture, "a run without validation images shows none, and keeps its last weights",
                 "[console]") {
  run.validation = {};
  Console console(out, {});
  console.on_begin(run, program);
  console.on_evaluation({.number = 1,
                         .epoch = 1,
                         .step = 1100,
                         .training = {.loss_sum = 30, .correct = 80, .count = 100},
                         .seconds = 1},
                        program);
  CHECK(out.str() == "Epoch  1/18  loss 0.3000  accuracy 0.8000  0:01  0 images/s  saving best.bin\n");
  console.on_end({.step = 1100, .state = {.evaluations = 1}}, program);
  CHECK_THAT(out.str(), contains("in 0:00; the last weights: runs/regressor-1/best.bin\n"));
}

TEST_CASE_METHOD(Fixture, "a resumed run says which of its steps its time is for", "[console]") {
  run.first_step = 1100;
  Console console(out, {.quiet = true});
  console.on_begin(run, program);
  console.on_end({.step = 3300, .seconds = 60, .best_val_loss = 0.5, .best_evaluation = 2, .best_step = 2200},
                 program);
  CHECK_THAT(out.str(),
             contains("Finished after 3,300 steps, 2,200 of them in 1:00; best") && contains("(Epoch 2/18)"));
}

TEST_CASE_METHOD(Fixture, "a loss that runs away is told short", "[console]") {
  CHECK_THAT(evaluation_text({}, 1.75289550295347e29), contains("improved from 1.753e+29, saving"));
}

TEST_CASE_METHOD(Fixture, "quiet prints the result alone", "[console]") {
  CHECK(evaluation_text({.quiet = true}, 0.5).empty());
  Console console(out, {.quiet = true});
  console.on_begin(run, program);
  console.on_end({.step = 19'800,
                  .seconds = 60,
                  .best_val_loss = 0.25,
                  .best_val_accuracy = 0.93,
                  .best_evaluation = 7,
                  .best_step = 7700},
                 program);
  CHECK(out.str() ==
        "Finished after 19,800 steps in 1:00; best val_loss 0.25000, val_accuracy 0.9300 (Epoch 7/18): "
        "runs/regressor-1/best.bin\n");
}

TEST_CASE_METHOD(Fixture, "the next command has the data that the run had", "[console]") {
  Console console(out, {.data = "digits"});
  console.on_begin(run, program);
  console.on_end({.step = 10, .best_evaluation = 1}, program);
  CHECK_THAT(out.str(), contains("lenet_eval runs/regressor-1/best.bin --data digits\n"));
}

TEST_CASE_METHOD(Fixture, "a bar is cleared before anything else is printed", "[console]") {
  Console console(out, {.bar = true});
  console.on_begin(run, program);
  console.on_progress(kHalfWay);
  CHECK_THAT(out.str(), contains("\r\033[KEpoch  3/18") && contains("550/1100"));
  console.on_end({.reason = train::RunEnd::Reason::signal, .step = 550}, program);
  CHECK_THAT(out.str(), contains("\r\033[KStopped after 550 steps") &&
                            contains("lenet_train --resume runs/regressor-1"));
}

TEST_CASE("the summary lists layers, shapes and parameters", "[banner]") {
  CHECK_THAT(summary(models::make_model("cnn").graph),
             contains("conv1 (Conv2d)") && contains("32×28×28") && contains("832") && contains("3,274,634"));
}

TEST_CASE_METHOD(Fixture, "the banner tells what will run", "[banner]") {
  run.training = run.validation = run.test = samples.view();
  run.device = {.name = "cpu", .description = "two threads"};
  run.options = {.training =
                     TrainingOptions{.batch = 50, .optimizer = Sgd{.learning_rate = 0.5f}, .seed = 3}};
  const std::string text = banner(run, program, "synthetic digits");
  CHECK_THAT(text, contains("regressor, recipe keras, 7,850 parameters") && contains("cpu: two threads"));
  CHECK_THAT(text, contains("synthetic digits: 100 training, 100 validation, 100 test images"));
  CHECK_THAT(text,
             contains("SGD, learning rate 0.5") && contains("18 epochs of 1,100 steps, 50 images per step"));
  CHECK_THAT(text, contains("\nPrecision  fp32, deterministic\nSeed       3\n"));
  run.run_length = train::make_run_length(50, 50, 1, std::nullopt);
  CHECK_THAT(banner(run, program, ""), contains("1 epoch of 1 step, 50 images per step\n"));
  run.run_length = train::make_run_length(50, 50, std::nullopt, 300, 100);
  CHECK_THAT(banner(run, program, ""),
             contains("300 steps, 50 images per step, evaluated every 100 steps\n"));
  run.validation = {};
  CHECK_THAT(banner(run, program, ""), contains("no validation") && contains("Keeps      the last weights"));
  CHECK_THAT(text, contains("3.0 KiB: weights 1.0 KiB, batches 2.0 KiB") && contains("runs/regressor-1"));
}
