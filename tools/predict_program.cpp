#include "tools/predict_program.hpp"

#include <iostream>

#include "engine/devices.hpp"
#include "tools/evaluation.hpp"
#include "tools/predict_options.hpp"
#include "tools/predictions.hpp"

namespace lenet {
namespace {

int predict_to(std::ostream& out, const PredictOptions& options) {
  const DeviceChoice device = parse_device(options.device);
  const LoadedModel loaded = load_model(options.weights);
  const DigitBatch batch = gather_digits(options, std::cerr);
  std::vector<float> logits;
  if (!batch.sources.empty()) {
    const OpenedBackend opened = open_backend(device, static_cast<int>(options.threads));
    if (!opened.fallback_reason.empty()) std::cerr << opened.fallback_reason << '\n';
    const auto program = opened.backend->compile(loaded.model.graph, {});
    program->set_parameters(loaded.checkpoint.parameters);
    logits = program->logits(batch.pixels);
  }
  out << (options.json ? predictions_json(batch, logits) : predictions_text(batch, logits, options.show));
  return batch.complete ? 0 : 1;
}

}  // namespace

int predict_program(int argc, const char* const* argv) {
  const PredictOptions options = read_predict_options(argc, argv);
  if (options.help) {
    std::cout << predict_help();
    return 0;
  }
  if (options.version) {
    std::cout << "lenet " LENET_VERSION "\n";
    return 0;
  }
  return predict_to(std::cout, options);
}

}  // namespace lenet
