#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/folder.hpp"
#include "engine/tensorboard/event.pb.h"
#include "engine/tensorboard/hparams.pb.h"
#include "engine/tensorboard/tensorboard.hpp"
#include "engine/tensorboard/test_result.hpp"
#include "engine/train/trainer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/train/fake_program.hpp"

using namespace lenet;
using namespace lenet::tensorboard;

namespace {

namespace fs = std::filesystem;

using Steps = std::map<std::string, std::vector<std::int64_t>>;

/// Returns all values of a folder's event files, in the order in which TensorBoard reads them.
std::vector<std::pair<std::int64_t, events::Summary::Value>> values_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<std::pair<std::int64_t, events::Summary::Value>> values;
  for (const fs::path& file : files) {
    const std::string content = lenet::read_all(file);
    for (const std::string_view record : whole_records(content)) {
      events::Event event;
      REQUIRE(event.ParseFromString(std::string(record)));
      for (const auto& value : event.summary().value()) values.emplace_back(event.step(), value);
    }
  }
  return values;
}

Steps steps_in(const fs::path& folder) {
  Steps steps;
  for (const auto& [step, value] : values_in(folder)) steps[value.tag()].push_back(step);
  return steps;
}

events::SessionEndInfo::Status status_in(const fs::path& folder) {
  for (const auto& [step, value] : values_in(folder)) {
    if (value.tag() != "_hparams_/session_end_info") continue;
    events::HParamsPluginData data;
    REQUIRE(data.ParseFromString(value.metadata().plugin_data().content()));
    return data.session_end_info().status();
  }
  return events::SessionEndInfo::UNKNOWN;
}

/// 500 training images in batches of one: 500 steps per epoch.
struct Fixture {
  Model model = models::make_model("regressor");
  data::Samples training = fake_samples(500);
  data::Samples validation = fake_samples(20);
  train::RunInfo run{
      .model = model,
      .options = {.training =
                      TrainingOptions{.batch = 1, .optimizer = Sgd{.learning_rate = 0.25f}, .seed = 7}},
      .training = training.view(),
      .validation = validation.view(),
      .run_length = train::make_run_length(500, 1, 3, std::nullopt)};
  train::StopRequest* stop = nullptr;  ///< of the current run
  TemporaryFolder folder;
  std::shared_ptr<AppendFiles> files = std::make_shared<AppendFiles>();

  train::RunEnd train(FakeProgram& program, const io::RunState& state = {}) {
    run.resume_from(state);
    train::StopRequest request;
    stop = &request;
    train::Trainer trainer(run, program, request);
    trainer.add(std::make_unique<TensorBoard>(folder.path(), files));
    return trainer.train(state);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "all steps are training steps, of runs counted in epochs and in steps",
                 "[tensorboard]") {
  if (GENERATE(true, false)) run.run_length = train::make_run_length(500, 1, std::nullopt, 1500, 500);
  FakeProgram program;
  train(program);
  const Steps steps = steps_in(folder / "train");
  const std::vector<std::int64_t> evaluated = {500, 1000, 1500};
  for (const char* tag : {"evaluation/loss", "evaluation/accuracy"}) {
    CHECK(steps.at(tag) == evaluated);
    CHECK(steps_in(folder / "validation").at(tag) == evaluated);
  }
  // The number of points depends on the speed of the steps; the last point of an epoch always exists.
  for (const std::int64_t step : steps.at("steps/loss")) CHECK(step % 100 == 0);
  for (const std::int64_t step : evaluated) CHECK(std::ranges::count(steps.at("steps/loss"), step) == 1);
  CHECK(steps.at("steps/learning_rate") == steps.at("steps/loss"));
  CHECK(status_in(folder / "train") == events::SessionEndInfo::SUCCESS);
}

TEST_CASE_METHOD(Fixture, "a run is two entries, of which the first groups are curves and pictures",
                 "[tensorboard]") {
  FakeProgram program;
  train(program);
  CHECK(event_files(folder.path()).empty());
  std::set<std::string> groups;
  for (const char* entry : {"train", "validation"})
    for (const auto& [tag, steps] : steps_in(folder / entry))
      if (tag.find('/') != tag.npos && !tag.starts_with("_hparams_"))
        groups.insert(tag.substr(0, tag.find('/')));
  CHECK(groups == std::set<std::string>{"evaluation", "images", "result", "steps", "weights"});
}

TEST_CASE_METHOD(Fixture, "the hyperparameters are compared by the best weights, too", "[tensorboard]") {
  FakeProgram program({.validation = [](std::int64_t steps) { return steps == 1000 ? 0.25 : 0.5; }});
  train(program);
  const Steps steps = steps_in(folder / "train");
  CHECK(steps.at("result/best_val_loss") == std::vector<std::int64_t>{500, 1000});
  CHECK(steps.at("result/best_val_accuracy") == std::vector<std::int64_t>{500, 1000});
  for (const auto& [step, value] : values_in(folder / "train"))
    if (value.tag() == "result/best_val_loss" && step == 1000) CHECK(value.tensor().float_val(0) == 0.25f);
}

TEST_CASE_METHOD(Fixture, "the result on the test images is there once, and not while the run is trained",
                 "[tensorboard]") {
  FakeProgram program;
  const Metrics result{.loss_sum = 25, .correct = 75, .count = 100};
  write_test_result(folder.path(), 1000, result);
  CHECK_FALSE(fs::exists(folder / "train"));
  train(program);
  {
    const Descriptor lock = lock_folder(folder.path());
    write_test_result(folder.path(), 1000, result);
    CHECK(event_files_of(folder / "train", kTestAccuracyTag).empty());
  }
  for (int i = 0; i < 2; ++i) write_test_result(folder.path(), 1000, result);
  CHECK(event_files_of(folder / "train", kTestAccuracyTag).size() == 1);
  CHECK(steps_in(folder / "train").at("result/test_accuracy") == std::vector<std::int64_t>{1000});
  CHECK(steps_in(folder / "train").at("evaluation/loss").size() == 3);
}

TEST_CASE_METHOD(Fixture, "a run without validation images has no curve of them", "[tensorboard]") {
  run.validation = {};
  FakeProgram program;
  train(program);
  CHECK(steps_in(folder / "validation").empty());
  CHECK(steps_in(folder / "train").at("evaluation/loss").size() == 3);
}

TEST_CASE_METHOD(Fixture, "the last evaluation always writes histograms and gradients", "[tensorboard]") {
  FakeProgram program;
  train(program);
  const Steps steps = steps_in(folder / "train");
  for (const char* tag :
       {"weights/fc/weight", "weights/fc/bias", "weights/fc/weight_gradient", "weights/fc/bias_gradient"}) {
    REQUIRE_FALSE(steps.at(tag).empty());
    CHECK(steps.at(tag).back() == 1500);
    CHECK(std::set(steps.at(tag).begin(), steps.at(tag).end()).size() == steps.at(tag).size());
  }
}

TEST_CASE_METHOD(Fixture, "a resumed run writes every step exactly once, wherever it was killed",
                 "[tensorboard]") {
  const std::int64_t saved = GENERATE(0, 250, 500, 700);  // step of last.bin; the run is killed at step 1250
  FakeProgram whole;
  train(whole);
  const Steps expected_validation = steps_in(folder / "validation");
  fs::remove_all(folder / "train");
  fs::remove_all(folder / "validation");

  if (GENERATE(false, true))
    EventFile(folder.path()).write(0, {{"", Experiment{}}});  // of an earlier version
  io::RunState state;
  FakeProgram first({.on_step = [&](std::int64_t step) {
    if (step == 1249) stop->ask(train::RunEnd::Reason::signal);
  }});
  train(first);
  CHECK(status_in(folder / "train") == events::SessionEndInfo::UNKNOWN);
  state = {.step = saved, .evaluations = saved / 500};
  FakeProgram second;
  train(second, state);
  CHECK(status_in(folder / "train") == events::SessionEndInfo::SUCCESS);
  const Steps steps = steps_in(folder / "train");
  CHECK(steps.at("evaluation/loss") == std::vector<std::int64_t>{500, 1000, 1500});
  CHECK(steps_in(folder / "validation").at("evaluation/accuracy") ==
        expected_validation.at("evaluation/accuracy"));
  for (const auto& [tag, list] : steps) {
    INFO(tag);
    CHECK(std::ranges::is_sorted(list));
    CHECK(std::ranges::adjacent_find(list) == list.end());
  }
  CHECK(session_files(folder / "train").size() == 1);
  CHECK(event_files(folder.path()).empty());
}

TEST_CASE_METHOD(Fixture, "a run that fails ends its session as failed", "[tensorboard]") {
  FakeProgram program({.training = [](std::int64_t step) { return step == 700 ? NAN : 0.5; }});
  CHECK_THROWS_AS(train(program), TrainingError);
  CHECK(status_in(folder / "train") == events::SessionEndInfo::FAILURE);
  CHECK(steps_in(folder / "train").at("evaluation/loss") == std::vector<std::int64_t>{500});
}

TEST_CASE_METHOD(Fixture, "a folder that cannot be made ends the run before its first step",
                 "[tensorboard]") {
  std::ofstream(folder / "train") << "no folder";
  bool trained = false;
  FakeProgram program({.on_step = [&](std::int64_t) { trained = true; }});
  CHECK_THROWS_WITH(train(program), contains("train: cannot be") && !contains("\n"));
  CHECK_FALSE(trained);
}
