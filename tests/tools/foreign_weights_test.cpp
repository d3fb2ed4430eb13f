// Weights that another program saved, such as PyTorch, as the programs take them.
#include "tests/io/foreign_weights.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/io/checkpoint.hpp"
#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;
using Json = nlohmann::json;

namespace {

/// A trained model, and its weights as another program would save them.
struct ForeignRun : ToolRuns {
  ForeignRun() {
    REQUIRE(train_tiny({"--model", "mlp", "--epochs", "1", "--no-tensorboard", "--out", "run"}).exit_code ==
            0);
    const Graph graph = models::make_model("mlp").graph;
    weights = io::load_checkpoint(folder / "run/best.bin", graph).parameters;
    write("weights.safetensors", io::foreign_file(io::foreign_tensors(graph, weights)));
  }
  void write(const char* name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  static std::vector<std::string> with_data(std::vector<std::string> arguments) {
    for (const char* argument : {"--data", "data", "--device", "cpu", "--threads", "1"})
      arguments.emplace_back(argument);
    return arguments;
  }
  Json evaluation_of(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const ProcessResult result = eval(with_data(std::move(arguments)));
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    return Json::parse(result.output);
  }

  std::vector<float> weights;
};

}  // namespace

TEST_CASE_METHOD(ForeignRun, "weights of another program are evaluated as the same weights of a run",
                 "[foreign]") {
  Json own = evaluation_of({"run"});
  Json foreign = evaluation_of({"weights.safetensors", "--model", "mlp"});
  CHECK(own.contains("epoch"));
  CHECK_FALSE(foreign.contains("epoch"));  // nobody knows
  for (const char* key : {"epoch", "step", "file"}) own.erase(key);
  foreign.erase("file");
  CHECK(foreign == own);
}

TEST_CASE_METHOD(ForeignRun, "weights of another program are plotted and predict", "[foreign]") {
  const ProcessResult own = predict(with_data({"run", "--index", "0-9"}));
  const ProcessResult foreign =
      predict(with_data({"weights.safetensors", "--model", "mlp", "--index", "0-9"}));
  INFO(foreign.errors);
  CHECK(foreign.exit_code == 0);
  CHECK(line_count(foreign.output) == 10);
  CHECK(foreign.output == own.output);
  const ProcessResult plotted =
      plot(with_data({"--confusion", "weights.safetensors", "--model", "mlp", "-o", "confusion.svg"}));
  INFO(plotted.errors);
  CHECK(plotted.exit_code == 0);
  CHECK_THAT(plotted.output, contains("confusion.svg: mlp on 100 test images"));
}

TEST_CASE_METHOD(ForeignRun, "weights whose model is unknown or another one are refused in one line",
                 "[foreign]") {
  write("cut.safetensors", file("weights.safetensors").substr(0, 10'000));
  write("old.pt", std::string("PK\3\4\0\0\0\0", 8) + std::string(100, 'x'));
  std::string lost = file("run/best.bin");
  lost[lost.find("\"digest\"") + 1] = 'x';
  write("lost.bin", lost);
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"weights.safetensors"}, 1, "weights.safetensors: does not say which model it is for"},
      {{"weights.safetensors"}, 1, "give --model (regressor, mlp or cnn)"},
      {{"weights.safetensors", "--model", "cnn"},
       1,
       "weights.safetensors: the tensor 'conv1.weight' of model 'cnn' is missing"},
      {{"weights.safetensors", "--model", "mpl"}, 2, "did you mean 'mlp'?"},
      {{"run", "--model", "cnn"}, 1, "run/best.bin: has weights of the model 'mlp', expected 'cnn'"},
      {{"lost.bin", "--model", "mlp"}, 1, "'digest' is missing from the metadata"},
      {{"cut.safetensors", "--model", "mlp"}, 1, "the file is cut off"},
      {{"old.pt", "--model", "mlp"}, 1, "save it with safetensors.torch.save_file() instead"},
  };
  for (const Case& bad : cases) {
    const ProcessResult result = eval(with_data(bad.arguments));
    INFO(bad.message << "\n" << result.output << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_eval: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK(result.output.empty());
  }
  CHECK(evaluation_of({"run", "--model", "mlp"})["model"] == "mlp");
  CHECK_THAT(plot({"run", "--model", "mlp"}).errors, contains("--model is for --confusion"));
}

TEST_CASE_METHOD(ForeignRun, "a run starts from weights of another program, or of another run", "[foreign]") {
  const auto trained_from = [&](const std::string& weights_file, const std::string& out) {
    const ProcessResult result =
        train_tiny({"--model", "mlp", "--init", weights_file, "--steps", "1", "--lr", "1e-37", "--optimizer",
                    "sgd", "--no-tensorboard", "--out", out});
    INFO(result.output << result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.output, contains("Weights    initialized from " + (folder / weights_file).string()));
    CHECK_THAT(file(out + "/config.toml"), contains("init = '" + (folder / weights_file).string() + "'"));
    return io::load_checkpoint(folder / out / "last.bin", models::make_model("mlp").graph);
  };
  // Steps so small that the weights stay what they were.
  const std::string source = GENERATE("weights.safetensors", "run/best.bin", "run/last.bin", "run");
  const io::Checkpoint started = trained_from(source, "next");
  CHECK(started.parameters == weights);
  CHECK(started.info.step == 1);
  CHECK(started.state->evaluations == 1);
}

TEST_CASE_METHOD(ForeignRun, "a stopped run that started from weights resumes to the bits of a whole one",
                 "[foreign]") {
  const std::vector<std::string> start = {"--model", "mlp", "--init",          "weights.safetensors",
                                          "--batch", "50",  "--no-tensorboard"};
  const auto train_to = [&](const char* epochs, const char* out) {
    std::vector<std::string> arguments = start;
    for (const char* argument : {"--epochs", epochs, "--out", out}) arguments.emplace_back(argument);
    REQUIRE(train_tiny(arguments).exit_code == 0);
  };
  train_to("3", "whole");
  train_to("1", "parts");
  std::filesystem::create_directory(folder / "elsewhere");
  options.folder = folder / "elsewhere";
  REQUIRE(train({"--resume", "../parts", "--epochs", "3"}).exit_code == 0);
  CHECK(file("parts/last.bin") == file("whole/last.bin"));
  CHECK(file("parts/best.bin") == file("whole/best.bin"));

  // Before its first last.bin a run begins again, from the weights that it was given.
  for (const char* name : {"parts/last.bin", "parts/best.bin", "parts/metrics.csv"})
    std::filesystem::remove(folder / name);
  REQUIRE(train({"--resume", "../parts", "--epochs", "3"}).exit_code == 0);
  CHECK(file("parts/last.bin") == file("whole/last.bin"));
}

TEST_CASE_METHOD(ForeignRun, "weights that a run cannot start from are refused before anything is written",
                 "[foreign]") {
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"--init", "run"}, 1, "run/best.bin: has weights of the model 'mlp', expected 'cnn'"},
      {{"--init", "missing.bin", "--model", "mlp"}, 1, "missing.bin: cannot be opened: No such file"},
      {{"--init", "weights.safetensors"}, 1, "the tensor 'conv1.weight' of model 'cnn' is missing"},
      {{"--init", "", "--model", "mlp"}, 2, "--init: must not be empty"},
  };
  for (Case bad : cases) {
    bad.arguments.insert(bad.arguments.end(), {"--out", "next"});
    const ProcessResult result = train_tiny(bad.arguments);
    INFO(bad.message << "\n" << result.output << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_train: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK_FALSE(std::filesystem::exists(folder / "next"));
  }
  const ProcessResult resumed = train({"--resume", "run", "--init", "weights.safetensors"});
  CHECK(resumed.exit_code == 2);
  CHECK_THAT(resumed.errors, contains("--init cannot change when a run is resumed"));
}

TEST_CASE_METHOD(ForeignRun, "a run that is there goes on only if it started from the same weights",
                 "[foreign]") {
  const auto go_on = [&](std::vector<std::string> arguments) {
    for (const char* argument : {"--model", "mlp", "--epochs", "1", "--no-tensorboard", "--resume-if-there"})
      arguments.emplace_back(argument);
    return train_tiny(arguments);
  };
  REQUIRE(go_on({"--out", "next", "--init", "weights.safetensors"}).exit_code == 0);
  const ProcessResult again = go_on({"--out", "next", "--init", "weights.safetensors"});
  INFO(again.errors);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.output, contains("steps are done"));
  const ProcessResult random = go_on({"--out", "next"});
  CHECK(random.exit_code == 2);
  CHECK_THAT(random.errors, contains("started from ") && contains("not from random weights"));
  const ProcessResult given = go_on({"--out", "run", "--init", "weights.safetensors"});
  CHECK(given.exit_code == 2);
  CHECK_THAT(given.errors, contains("started from random weights, not from "));
}
