#include "engine/train/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/io/metrics_table.hpp"
#include "engine/train/early_stop.hpp"
#include "engine/train/learning_check.hpp"
#include "engine/train/metrics_csv.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/warnings.hpp"
#include "tests/train/fake_program.hpp"

using namespace lenet;
using namespace lenet::train;

namespace {

/// Records the calls that it gets.
struct Recorder : Observer {
  explicit Recorder(std::vector<std::string>& heard, std::string name = "")
      : heard_(heard), name_(std::move(name)) {}
  void on_begin(const RunInfo&, Program&) override { heard_.push_back(name_ + "begin"); }
  void on_evaluation(const Evaluation& evaluation, Program&) override {
    heard_.push_back(name_ + "evaluation " + std::to_string(evaluation.number));
    evaluations.push_back(evaluation);
  }
  void on_end(const RunEnd& how, Program&) override {
    heard_.push_back(name_ + "end");
    end = how;
  }
  std::vector<Evaluation> evaluations;
  RunEnd end;

 private:
  std::vector<std::string>& heard_;
  std::string name_;
};

/// 50 training images in batches of 8: seven steps per epoch, the last of two images.
struct Fixture {
  Model model = models::make_model("regressor");
  data::Samples training = fake_samples(50);
  data::Samples validation = fake_samples(20);
  RunInfo run{
      .model = model,
      .options = {.training =
                      TrainingOptions{.batch = 8, .optimizer = Sgd{.learning_rate = 0.25f}, .seed = 7}},
      .training = training.view(),
      .validation = validation.view(),
      .run_length = make_run_length(50, 8, 3, std::nullopt)};
  StopRequest stop;
  std::vector<std::string> heard;

  Recorder& add_recorder(Trainer& trainer, const std::string& name = "") {
    auto recorder = std::make_unique<Recorder>(heard, name);
    Recorder& added = *recorder;
    trainer.add(std::move(recorder));
    return added;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "observers are notified of everything, in the order in which they were added",
                 "[trainer]") {
  FakeProgram program;
  Trainer trainer(run, program, stop);
  add_recorder(trainer, "a:");
  add_recorder(trainer, "b:");
  trainer.train();
  CHECK(heard == std::vector<std::string>{"a:begin", "b:begin", "a:evaluation 1", "b:evaluation 1",
                                          "a:evaluation 2", "b:evaluation 2", "a:evaluation 3",
                                          "b:evaluation 3", "a:end", "b:end"});
}

TEST_CASE_METHOD(Fixture, "epochs and evaluations are named for profilers", "[trainer]") {
  FakeProgram program;
  Trainer(run, program, stop).train();
  CHECK(program.ranges() == "epoch()evaluation()epoch()evaluation()epoch()evaluation()");
}

TEST_CASE_METHOD(Fixture, "an epoch trains every image once, including those of its short last batch",
                 "[trainer]") {
  std::vector<std::int64_t> steps;
  FakeProgram program({.on_step = [&](std::int64_t step) { steps.push_back(step); }});
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  const RunEnd end = trainer.train();
  CHECK(end.reason == RunEnd::Reason::finished);
  CHECK(end.step == 21);
  REQUIRE(steps.size() == 21);
  CHECK(steps.front() == 0);
  CHECK(steps.back() == 20);
  for (const Evaluation& evaluation : recorder.evaluations) {
    CHECK(evaluation.training.count == 50);
    CHECK(evaluation.validation.count == 20);
    CHECK(evaluation.validation.correct == 20);
    CHECK(evaluation.epoch == static_cast<double>(evaluation.number));
    CHECK(evaluation.step == evaluation.number * 7);
    CHECK(evaluation.learning_rate == 0.25f);
  }
}

TEST_CASE_METHOD(Fixture, "evaluations and metrics.csv show the learning rate of their last step",
                 "[trainer]") {
  const auto rate = LearningRate::linear(0.5f, 3, 21, 0.1f);
  run.options.training->optimizer = Sgd{.learning_rate = rate};
  const TemporaryFolder folder;
  FakeProgram program;
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  trainer.add(std::make_unique<MetricsCsv>(folder.path() / "metrics.csv", std::make_shared<AppendFiles>()));
  trainer.train();
  const std::vector<io::MetricsRow> rows = io::read_metrics(folder.path() / "metrics.csv");
  REQUIRE(rows.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const float expected = at(rate, rows[i].step - 1);
    CHECK(recorder.evaluations[i].learning_rate == expected);
    CHECK(static_cast<float>(rows[i].learning_rate) == expected);
  }
  CHECK(recorder.evaluations[0].learning_rate > recorder.evaluations[2].learning_rate);
}

TEST_CASE_METHOD(Fixture, "the best evaluation is the first with the lowest validation loss", "[trainer]") {
  run.run_length = make_run_length(50, 8, 5, std::nullopt);
  FakeProgram program({.validation = [](std::int64_t steps) {
    return std::vector<double>{0.5, 0.4, 0.45, 0.4, 0.3}[static_cast<std::size_t>(steps / 7 - 1)];
  }});
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  const RunEnd end = trainer.train();
  REQUIRE(recorder.evaluations.size() == 5);
  CHECK(std::isinf(recorder.evaluations[0].improved_from.value()));
  CHECK(recorder.evaluations[1].improved_from.value() == recorder.evaluations[0].validation.loss());
  CHECK_FALSE(recorder.evaluations[2].improved());
  CHECK_FALSE(recorder.evaluations[3].improved());
  CHECK(recorder.evaluations[3].state.evaluations_without_progress == 2);
  CHECK(recorder.evaluations[4].improved_from.value() == recorder.evaluations[1].validation.loss());
  CHECK(end.best_evaluation == 5);
  CHECK(end.best_val_loss == recorder.evaluations[4].validation.loss());
}

TEST_CASE_METHOD(Fixture, "patience counts the evaluations since the best one", "[trainer]") {
  run.run_length = make_run_length(50, 8, 50, std::nullopt);
  FakeProgram program(
      {.validation = [](std::int64_t steps) { return std::abs(static_cast<double>(steps) - 14.0) + 1; }});
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  trainer.add(std::make_unique<EarlyStop>(3, stop));
  const RunEnd end = trainer.train();
  CHECK(end.reason == RunEnd::Reason::early_stop);
  CHECK(end.best_evaluation == 2);
  CHECK(recorder.evaluations.size() == 5);
}

TEST_CASE_METHOD(Fixture, "in step mode there is an evaluation every 1,000 steps and at the end",
                 "[trainer]") {
  run.run_length = make_run_length(50, 8, std::nullopt, 2500);
  FakeProgram program;
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  CHECK(trainer.train().step == 2500);
  REQUIRE(recorder.evaluations.size() == 3);
  CHECK(recorder.evaluations[0].step == 1000);
  CHECK(recorder.evaluations[0].epoch == 142.857143);  // of seven steps
  CHECK(recorder.evaluations[1].step == 2000);
  CHECK(recorder.evaluations[2].step == 2500);
}

TEST_CASE_METHOD(Fixture, "a loss that is not finite ends the run, and observers are notified", "[trainer]") {
  const double bad =
      GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity());
  FakeProgram program({.training = [&](std::int64_t step) { return step == 9 ? bad : 0.5; }});
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  CHECK_THROWS_AS(trainer.train(), TrainingError);
  CHECK(heard == std::vector<std::string>{"begin", "evaluation 1", "end"});
  CHECK(recorder.end.reason == RunEnd::Reason::error);
  CHECK(recorder.end.best_evaluation == 1);
}

TEST_CASE_METHOD(Fixture, "the error for a non-finite loss says in which step it was and what to do",
                 "[trainer]") {
  FakeProgram program({.training = [&](std::int64_t step) { return step == 9 ? NAN : 0.5; }});
  Trainer trainer(run, program, stop);
  CHECK_THROWS_WITH(trainer.train(), contains("not finite at step 9 (epoch 2)") &&
                                         contains("lower the learning rate, now 0.25"));
}

TEST_CASE_METHOD(
    Fixture,
    "a validation loss that is not finite ends the run before observers are notified of the evaluation",
    "[trainer]") {
  FakeProgram program({.validation = [](std::int64_t) { return NAN; }});
  Trainer trainer(run, program, stop);
  add_recorder(trainer);
  CHECK_THROWS_WITH(trainer.train(), contains("validation loss is not finite after step 7"));
  CHECK(heard == std::vector<std::string>{"begin", "end"});
}

TEST_CASE_METHOD(Fixture, "a request to stop is obeyed at the next step", "[trainer]") {
  FakeProgram program({.on_step = [&](std::int64_t step) {
    if (step == 10) stop.ask(RunEnd::Reason::signal);
  }});
  Trainer trainer(run, program, stop);
  add_recorder(trainer);
  const RunEnd end = trainer.train();
  CHECK(end.reason == RunEnd::Reason::signal);
  CHECK(end.step == 11);
  CHECK(end.state.training.count == 4 * 8);
  CHECK(heard == std::vector<std::string>{"begin", "evaluation 1", "end"});
}

TEST_CASE_METHOD(Fixture, "an observer that fails at the end is followed by others that learn of it",
                 "[trainer]") {
  struct Failing : Observer {
    void on_end(const RunEnd& end, Program&) override {
      ++calls;
      if (end.reason == RunEnd::Reason::finished) throw IoError("last.bin: cannot be written");
    }
    int calls = 0;
  };
  FakeProgram program;
  Trainer trainer(run, program, stop);
  const Recorder& before = add_recorder(trainer);
  auto failing = std::make_unique<Failing>();
  const Failing& in_the_middle = *failing;
  trainer.add(std::move(failing));
  const Recorder& after = add_recorder(trainer);
  CHECK_THROWS_WITH(trainer.train(), "last.bin: cannot be written");
  CHECK(before.end.reason == RunEnd::Reason::finished);
  CHECK(in_the_middle.calls == 1);
  CHECK(after.end.reason == RunEnd::Reason::error);
  CHECK(std::ranges::count(heard, "end") == 2);
}

TEST_CASE_METHOD(Fixture, "a stop in the last step of an interval leaves its evaluation to the resumed run",
                 "[trainer]") {
  const std::int64_t last = GENERATE(6, 20);  // of the first epoch, and of the run
  FakeProgram program({.on_step = [&](std::int64_t step) {
    if (step == last) stop.ask(RunEnd::Reason::signal);
  }});
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  const RunEnd end = trainer.train();
  CHECK(end.reason == RunEnd::Reason::signal);
  CHECK(end.step == last + 1);
  CHECK(end.state.evaluations == last / 7);
  CHECK(end.state.training.count == 50);

  StopRequest none;
  Trainer resumed(run, program, none);
  const Recorder& rest = add_recorder(resumed);
  CHECK(resumed.train(end.state).reason == RunEnd::Reason::finished);
  CHECK(recorder.evaluations.size() + rest.evaluations.size() == 3);
  CHECK(rest.evaluations.front().step == last + 1);
  CHECK(rest.evaluations.front().training.count == 50);
  CHECK(rest.end.state.training.count == 0);
}

TEST_CASE_METHOD(Fixture, "a stop during an evaluation ends it at its next batch, as if it had not begun",
                 "[trainer]") {
  std::int64_t batches = 0;
  run.validation = training.view();  // batches of 16, so that there are four
  FakeProgram program({.validation = [&](std::int64_t) {
    if (++batches == 6) stop.ask(RunEnd::Reason::signal);  // the second batch of the second evaluation
    return 0.5;
  }});
  Trainer trainer(run, program, stop);
  add_recorder(trainer);
  const RunEnd end = trainer.train();
  CHECK(batches == 6);
  CHECK(end.reason == RunEnd::Reason::signal);
  CHECK(end.step == 14);
  CHECK(end.state.evaluations == 1);
  CHECK(end.state.training.count == 50);
  CHECK(end.state.training.loss_sum == program.metrics().loss_sum);
  CHECK(heard == std::vector<std::string>{"begin", "evaluation 1", "end"});
}

TEST_CASE_METHOD(Fixture, "a request to save reaches the observers once, and the run goes on", "[trainer]") {
  struct Listener : Observer {
    void on_progress(const Progress& progress) override { requests += progress.save_requested; }
    int requests = 0;
  };
  FakeProgram program({.on_step = [&](std::int64_t step) {
    if (step == 9) stop.ask_to_save();
    if (step > 9) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }});
  Trainer trainer(run, program, stop);
  auto listener = std::make_unique<Listener>();
  const Listener& heard_by = *listener;
  trainer.add(std::move(listener));
  CHECK(trainer.train().reason == RunEnd::Reason::finished);
  CHECK(heard_by.requests == 1);
}

TEST_CASE_METHOD(Fixture, "a run that is asked to stop after its last evaluation is finished", "[trainer]") {
  struct Stopper : Observer {
    explicit Stopper(StopRequest& request) : request_(request) {}
    void on_evaluation(const Evaluation& evaluation, Program&) override {
      if (evaluation.number == 3) request_.ask(RunEnd::Reason::signal);
    }
    StopRequest& request_;
  };
  FakeProgram program;
  Trainer trainer(run, program, stop);
  trainer.add(std::make_unique<Stopper>(stop));
  CHECK(trainer.train().reason == RunEnd::Reason::finished);
}

TEST_CASE_METHOD(Fixture,
                 "without validation images each evaluation's weights are kept, and none is the best",
                 "[trainer]") {
  run.validation = {};
  FakeProgram program;
  Trainer trainer(run, program, stop);
  const Recorder& recorder = add_recorder(trainer);
  const RunEnd end = trainer.train();
  REQUIRE(recorder.evaluations.size() == 3);
  for (const Evaluation& evaluation : recorder.evaluations) {
    CHECK(evaluation.validation.count == 0);
    CHECK(evaluation.is_kept());
    CHECK_FALSE(evaluation.improved());
  }
  CHECK(end.best_evaluation == 0);
  CHECK(std::isinf(end.best_val_loss));
}

TEST_CASE_METHOD(Fixture, "a run near chance after an epoch is warned of once, one that learns is not",
                 "[learning_check]") {
  run.training = training.view();
  struct Case {
    double accuracy;
    std::int64_t step;
    double epoch;
    std::size_t warnings;
  };
  for (const Case& one :
       {Case{0.12, 600, 1, 1}, Case{0.25, 600, 1, 0}, Case{0.12, 50, 1, 0}, Case{0.12, 600, 0.9, 0}}) {
    const Warnings warnings;
    FakeProgram program;
    LearningCheck check;
    check.on_begin(run, program);
    const Metrics metrics{.correct = static_cast<std::int64_t>(100 * one.accuracy), .count = 100};
    for (int i = 0; i < 2; ++i)
      check.on_evaluation({.epoch = one.epoch, .step = one.step, .training = metrics, .validation = metrics},
                          program);
    CHECK(warnings.lines.size() == one.warnings);
  }
}

TEST_CASE_METHOD(Fixture, "the warning of a run that does not learn counts as the run does",
                 "[learning_check]") {
  run.training = training.view();
  struct Case {
    RunLength length;
    std::int64_t step;
    std::string place;  ///< in the warning; empty if there is none
  };
  const RunLength one_step = make_run_length(55'000, 55'000, 2000, std::nullopt);
  for (const Case& one :
       {Case{make_run_length(55'000, 50, 18, std::nullopt), 1100, " after epoch 1 is "},
        Case{make_run_length(55'000, 50, 18, std::nullopt, 3), 3300, " after epoch 3 is "},
        Case{make_run_length(55'000, 50, std::nullopt, 5000), 2000, " after step 2,000 is "},
        Case{one_step, 99, ""}, Case{one_step, 100, " after epoch 100 is "},
        Case{one_step, 1100, " after epoch 1,100 is "}}) {
    const Warnings warnings;
    run.run_length = one.length;
    FakeProgram program;
    LearningCheck check;
    check.on_begin(run, program);
    const Metrics metrics{.correct = 10, .count = 100};
    check.on_evaluation({.epoch = one.length.epochs_at(one.step),
                         .step = one.step,
                         .training = metrics,
                         .validation = metrics},
                        program);
    INFO(one.step << " " << one.place);
    REQUIRE(warnings.lines.size() == (one.place.empty() ? 0 : 1));
    if (!one.place.empty()) CHECK_THAT(warnings.lines.front(), contains(one.place));
  }
}

TEST_CASE("an interval between evaluations is of epochs or of steps, as the run counts", "[run_length]") {
  const RunLength epochs = make_run_length(55'000, 100, 5, std::nullopt, 2);
  CHECK(epochs.next_evaluation(0) == 1100);
  CHECK(epochs.next_evaluation(2200) == 2750);
  const RunLength steps = make_run_length(55'000, 100, std::nullopt, 250, 100);
  CHECK(steps.next_evaluation(100) == 200);
  CHECK(steps.next_evaluation(200) == 250);
}

TEST_CASE("the last epoch and the last interval between evaluations may be short", "[run_length]") {
  const RunLength epochs = make_run_length(55'000, 100, 18, std::nullopt);
  CHECK(epochs.steps_per_epoch == 550);
  CHECK(epochs.total_steps == 9900);
  CHECK(epochs.next_evaluation(0) == 550);
  CHECK(epochs.next_evaluation(549) == 550);
  CHECK(epochs.next_evaluation(550) == 1100);
  CHECK(make_run_length(55'001, 100, 1, std::nullopt).total_steps == 551);
  const RunLength steps = make_run_length(55'000, 50, std::nullopt, 1500);
  CHECK(steps.next_evaluation(0) == 1000);
  CHECK(steps.next_evaluation(1000) == 1500);
  CHECK(steps.epochs_at(1100) == 1);
  CHECK(steps.epochs_at(2000) == 1.818182);
}
