#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "engine/io/checkpoint.hpp"
#include "engine/io/safetensors.hpp"
#include "engine/onnx/onnx.pb.h"
#include "models/models.hpp"
#include "tests/io/foreign_weights.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

/// A trained MLP.
struct TrainedMlp : ToolRuns {
  TrainedMlp() {
    REQUIRE(train_tiny({"--model", "mlp", "--epochs", "1", "--no-tensorboard", "--out", "run"}).exit_code ==
            0);
  }
  onnx::messages::ModelProto model_in(const char* name) const {
    onnx::messages::ModelProto model;
    REQUIRE(model.ParseFromString(file(name)));
    return model;
  }
  void write(const char* name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
};

std::map<std::string, std::string> metadata_of(const onnx::messages::ModelProto& model) {
  std::map<std::string, std::string> metadata;
  for (const auto& entry : model.metadata_props()) metadata[entry.key()] = entry.value();
  return metadata;
}

}  // namespace

TEST_CASE_METHOD(TrainedMlp, "a run is exported next to its weights, with their metadata", "[lenet_export]") {
  const std::string given = GENERATE("run", "run/best.bin");
  const ProcessResult result = export_model({given});
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  CHECK(result.output == "run/best.onnx: mlp, opset 13, images N×1×28×28 of uint8 → logits N×10\n");
  const onnx::messages::ModelProto model = model_in("run/best.onnx");
  CHECK(model.graph().name() == "mlp");
  std::map<std::string, std::string> expected =
      io::SafetensorsReader(folder / "run/best.bin").header().metadata;
  expected.erase("format");
  expected.erase("digest");
  CHECK(metadata_of(model) == expected);
  const std::vector<float> weights =
      io::load_checkpoint(folder / "run/best.bin", models::make_model("mlp").graph).parameters;
  std::string written;
  for (const auto& tensor : model.graph().initializer())
    if (tensor.name() != "scaling/brightest") written += tensor.raw_data();
  CHECK(written == io::bytes_of_elements(weights));
}

TEST_CASE_METHOD(TrainedMlp, "the form of a model's input and output is chosen", "[lenet_export]") {
  const ProcessResult result = export_model({"run", "model.onnx", "--no-scale", "--softmax"});
  INFO(result.errors);
  CHECK(result.output ==
        "model.onnx: mlp, opset 13, images N×1×28×28 of floats of 0 to 1 → probabilities N×10\n");
  const onnx::messages::ModelProto model = model_in("model.onnx");
  CHECK(model.graph().input(0).type().tensor_type().elem_type() == onnx::messages::TensorProto::FLOAT);
  CHECK(model.graph().output(0).name() == "probabilities");
  CHECK(model.graph().node(model.graph().node_size() - 1).op_type() == "Softmax");
}

TEST_CASE_METHOD(TrainedMlp, "weights of another program are exported with --model", "[lenet_export]") {
  const Graph graph = models::make_model("mlp").graph;
  const std::vector<float> weights = io::load_checkpoint(folder / "run/best.bin", graph).parameters;
  write("weights.safetensors", io::foreign_file(io::foreign_tensors(graph, weights)));
  CHECK_THAT(export_model({"weights.safetensors"}).errors, contains("give --model"));
  const ProcessResult result = export_model({"weights.safetensors", "--model", "mlp"});
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  CHECK(metadata_of(model_in("weights.onnx")) == std::map<std::string, std::string>{{"model", "mlp"}});
}

TEST_CASE_METHOD(TrainedMlp, "a file that is there is replaced by force alone", "[lenet_export]") {
  write("model.onnx", "mine");
  const ProcessResult refused = export_model({"run", "model.onnx"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.errors ==
        "lenet_export: model.onnx: already exists: name another file, or replace it with --force\n");
  CHECK(file("model.onnx") == "mine");
  CHECK(export_model({"run", "model.onnx", "--force"}).exit_code == 0);
  CHECK(model_in("model.onnx").graph().name() == "mlp");
}

TEST_CASE_METHOD(TrainedMlp, "what cannot be exported is told in one line, with its exit code",
                 "[lenet_export]") {
  write("garbage.bin", "not weights at all, but long enough to have a header");
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, 2, "expected a weights file or run folder, and a file to write, got 0 names"},
      {{"run", "a.onnx", "b.onnx"}, 2, "got 3 names"},
      {{"run", "run/best.bin"}, 2, "run/best.bin: the file of an ONNX model must end in .onnx"},
      {{"run", "--sofmax"}, 2, "did you mean --softmax?"},
      {{"missing.bin"}, 1, "missing.bin: cannot be opened: No such file"},
      {{"garbage.bin"}, 1, "garbage.bin: is no safetensors file of weights"},
      {{"run", "no/model.onnx"}, 1, "no/model.onnx: cannot be written: there is no folder no"},
  };
  for (const Case& bad : cases) {
    const ProcessResult result = export_model(bad.arguments);
    INFO(bad.message << "\n" << result.output << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_export: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK(result.output.empty());
  }
}
