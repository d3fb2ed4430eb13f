// lenet_export: writes weights with their network as an ONNX model.
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <string>
#include <system_error>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/text.hpp"
#include "engine/io/checkpoint_metadata.hpp"
#include "engine/onnx/onnx_model.hpp"
#include "tools/cli/common_options.hpp"
#include "tools/cli/export_options.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/cli/version.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

/// Returns what is known of the weights, by the keys that best.bin has for it.
std::map<std::string, std::string> metadata_of(const LoadedModel& loaded) {
  if (loaded.is_imported) return {{"model", loaded.model.name}};
  std::map<std::string, std::string> metadata = io::metadata_of({.info = loaded.checkpoint.info});
  metadata.erase("format");  // the mark of safetensors files for PyTorch
  return metadata;
}

/// "images N×1×28×28 of uint8 → logits N×10".
std::string interface_text(const Graph& graph, const onnx::ModelForm& form) {
  const Image& image = graph.input();
  return fmt::format("{} N×{}×{}×{} of {} → {} N×{}", onnx::kInputName, image.channels, image.height,
                     image.width, form.scale ? "uint8" : "floats of 0 to 1", form.output_name(),
                     graph.classes());
}

int export_program(int argc, const char* const* argv) {
  const ExportOptions options = read_export_options(argc, argv);
  if (answered(options.questions, export_manual)) return 0;
  const auto require_writable = [&](const fs::path& file) {
    require_place_for_file(file);
    require_new_file(file, options.force);
  };
  if (options.out) require_writable(*options.out);
  const LoadedModel loaded = load_model(options.weights, options.model);
  const fs::path file =
      options.out ? fs::path(*options.out) : fs::path(loaded.file).replace_extension(".onnx");
  if (!options.out) require_writable(file);
  const Graph& graph = loaded.model.graph;
  const onnx::ModelForm form{.scale = options.scale, .softmax = options.softmax};
  const onnx::ModelOrigin origin{
      .name = loaded.model.name, .version = std::string(kVersion), .metadata = metadata_of(loaded)};
  write_file_atomically(file, onnx::serialize_model(graph, loaded.checkpoint.parameters, form, origin));
  std::cout << for_output(fmt::format("{}: {}, opset {}, {}\n", printable(file.string()), loaded.model.name,
                                      onnx::kOpset, interface_text(graph, form)));
  return 0;
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_export", lenet::cli::export_program, lenet::cli::export_manual, argc,
                                 argv);
}
