#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/tensorboard/event.pb.h"
#include "engine/tensorboard/hparams.pb.h"
#include "engine/tensorboard/tensorboard.hpp"
#include "engine/train/trainer.hpp"
#include "tests/support/catch.hpp"
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
    std::ostringstream bytes;
    bytes << std::ifstream(file, std::ios::binary).rdbuf();
    const std::string content = bytes.str();
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

TEST_CASE_METHOD(Fixture, "epochs count from 0, as in Keras, and batches by steps", "[tensorboard]") {
  FakeProgram program;
  train(program);
  const Steps steps = steps_in(folder / "train");
  for (const char* tag : {"epoch_loss", "epoch_accuracy", "epoch_learning_rate"})
    CHECK(steps.at(tag) == std::vector<std::int64_t>{0, 1, 2});
  CHECK(steps_in(folder / "validation").at("epoch_loss") == std::vector<std::int64_t>{0, 1, 2});
  // The number of points depends on the speed of the steps; the last point of an epoch always exists.
  for (const std::int64_t step : steps.at("batch_loss")) CHECK(step % 100 == 0);
  for (const std::int64_t step : {500, 1000, 1500})
    CHECK(std::ranges::count(steps.at("batch_loss"), step) == 1);
  CHECK(status_in(folder.path()) == events::SessionEndInfo::SUCCESS);
}

TEST_CASE_METHOD(Fixture, "the last evaluation always writes histograms and gradients", "[tensorboard]") {
  FakeProgram program;
  train(program);
  const Steps steps = steps_in(folder / "train");
  for (const char* tag : {"fc/weight", "fc/bias", "fc/weight_gradient", "fc/bias_gradient"}) {
    REQUIRE_FALSE(steps.at(tag).empty());
    CHECK(steps.at(tag).back() == 2);
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

  io::RunState state;
  FakeProgram first({.on_step = [&](std::int64_t step) {
    if (step == 1249) stop->ask(train::RunEnd::Reason::signal);
  }});
  train(first);
  CHECK(status_in(folder.path()) == events::SessionEndInfo::UNKNOWN);
  state = {.step = saved, .evaluations = saved / 500};
  FakeProgram second;
  train(second, state);
  CHECK(status_in(folder.path()) == events::SessionEndInfo::SUCCESS);
  const Steps steps = steps_in(folder / "train");
  CHECK(steps.at("epoch_loss") == std::vector<std::int64_t>{0, 1, 2});
  CHECK(steps_in(folder / "validation").at("epoch_accuracy") == expected_validation.at("epoch_accuracy"));
  for (const auto& [tag, list] : steps) {
    INFO(tag);
    CHECK(std::ranges::is_sorted(list));
    CHECK(std::ranges::adjacent_find(list) == list.end());
  }
}

TEST_CASE_METHOD(Fixture, "a run that fails ends its session as failed", "[tensorboard]") {
  FakeProgram program({.training = [](std::int64_t step) { return step == 700 ? NAN : 0.5; }});
  CHECK_THROWS_AS(train(program), TrainingError);
  CHECK(status_in(folder.path()) == events::SessionEndInfo::FAILURE);
  CHECK(steps_in(folder / "train").at("epoch_loss") == std::vector<std::int64_t>{0});
}

TEST_CASE_METHOD(Fixture, "a folder that cannot be made ends the run before its first step",
                 "[tensorboard]") {
  std::ofstream(folder / "train") << "no folder";
  bool trained = false;
  FakeProgram program({.on_step = [&](std::int64_t) { trained = true; }});
  CHECK_THROWS_WITH(train(program), contains("train: cannot be") && !contains("\n"));
  CHECK_FALSE(trained);
}
