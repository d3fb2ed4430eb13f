#include "tools/cli/console.hpp"

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>

#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/train/fake_program.hpp"
#include "tools/cli/banner.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

const train::Progress kHalfWay{.step = 550,
                               .step_in_interval = 550,
                               .steps_in_interval = 1100,
                               .images_per_second = 1000,
                               .training = {.loss_sum = 13'750, .correct = 22'000, .count = 27'500}};

int columns(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

struct Fixture {
  Model model = models::make_model("regressor");
  train::RunInfo run{.model = model,
                     .folder = "runs/regressor-1",
                     .run_length = train::make_run_length(55'000, 50, 18, std::nullopt)};
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

TEST_CASE("the progress line shows where an epoch stands", "[console]") {
  CHECK(progress_line("Epoch  3/18", kHalfWay, 200) ==
        "Epoch  3/18  ━━━━━━━━━━━━────────────  550/1100  ETA 0:28  loss 0.5000  accuracy 0.8000  1,000 "
        "images/s");
}

TEST_CASE("the progress line fits terminals of every width", "[console]") {
  for (int width = 1; width < 150; ++width)
    CHECK(columns(progress_line("Epoch  3/18", kHalfWay, width)) <= width);
  CHECK(progress_line("Epoch  3/18", kHalfWay, 5).empty());
  CHECK(progress_line("Epoch  3/18", kHalfWay, 34) == "Epoch  3/18  550/1100  ETA 0:28");
  CHECK(columns(progress_line("Epoch  3/18", kHalfWay, 85)) == 85);
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

TEST_CASE_METHOD(Fixture, "an evaluation without progress names the loss to beat", "[console]") {
  CHECK_THAT(evaluation_text({}, std::nullopt), contains("val_loss did not improve from 0.27000"));
}

TEST_CASE_METHOD(Fixture, "the first evaluation improves from infinity", "[console]") {
  CHECK_THAT(evaluation_text({}, std::numeric_limits<double>::infinity()),
             contains("improved from inf, saving"));
}

TEST_CASE_METHOD(Fixture, "on a terminal an evaluation fits 80 columns", "[console]") {
  std::istringstream lines(evaluation_text({.bar = true}, 0.2968));
  for (std::string line; std::getline(lines, line);) CHECK(columns(line) < 80);
}

TEST_CASE_METHOD(Fixture, "a loss that runs away is told short", "[console]") {
  CHECK_THAT(evaluation_text({}, 1.75289550295347e29), contains("improved from 1.753e+29, saving"));
}

TEST_CASE_METHOD(Fixture, "quiet prints the result alone", "[console]") {
  CHECK(evaluation_text({.quiet = true}, 0.5).empty());
  Console console(out, {.quiet = true});
  console.on_begin(run, program);
  console.on_end(
      {.step = 19'800, .seconds = 60, .best_val_loss = 0.25, .best_val_accuracy = 0.93, .best_evaluation = 7},
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
  CHECK_THAT(out.str(), contains("\r\033[KEpoch  1/18") && contains("550/1100"));
  console.on_end({.reason = train::RunEnd::Reason::signal, .step = 550}, program);
  CHECK_THAT(out.str(), contains("\r\033[KStopped after 550 steps") &&
                            contains("lenet_train --resume runs/regressor-1"));
}

TEST_CASE("the summary lists layers, shapes and parameters", "[banner]") {
  CHECK_THAT(summary(models::make_model("cnn").graph),
             contains("conv1 (Conv2d)") && contains("32×28×28") && contains("832") && contains("3,274,634"));
}

TEST_CASE_METHOD(Fixture, "the banner tells what will run", "[banner]") {
  const data::Samples samples = fake_samples(100);
  run.training = run.validation = run.test = samples.view();
  run.device = {.name = "cpu", .description = "two threads"};
  run.options = {.training =
                     TrainingOptions{.batch = 50, .optimizer = Sgd{.learning_rate = 0.5f}, .seed = 3}};
  const std::string text = banner(run, program, "synthetic digits");
  CHECK_THAT(text, contains("regressor, recipe keras, 7,850 parameters") && contains("cpu: two threads"));
  CHECK_THAT(text, contains("synthetic digits: 100 training, 100 validation, 100 test images"));
  CHECK_THAT(text,
             contains("SGD, learning rate 0.5") && contains("18 epochs of 1,100 steps, 50 images per step"));
  CHECK_THAT(text, contains("3.0 KiB: weights 1.0 KiB, batches 2.0 KiB") && contains("runs/regressor-1"));
}
