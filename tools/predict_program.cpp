#include "tools/predict_program.hpp"

#include <iostream>

#include "engine/device/devices.hpp"
#include "tools/evaluation.hpp"
#include "tools/predict_options.hpp"
#include "tools/predictions.hpp"

namespace lenet {
namespace {

int predict_to(std::ostream& out, const PredictOptions& options) {
  parse_device(options.device.device);  // what is wrong with the command line is told first
  const LoadedModel loaded = load_model(options.weights);
  const DigitBatch batch = gather_digits(options, std::cerr);
  std::vector<float> logits;
  if (!batch.sources.empty()) logits = start(loaded, options.device).program->logits(batch.pixels);
  out << (options.json ? predictions_json(batch, logits) : predictions_text(batch, logits, options.show));
  return batch.failures.empty() ? 0 : 1;
}

}  // namespace

int predict_program(int argc, const char* const* argv) {
  const PredictOptions options = read_predict_options(argc, argv);
  if (answered(options.questions, predict_help)) return 0;
  return predict_to(std::cout, options);
}

}  // namespace lenet
