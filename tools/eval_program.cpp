#include "tools/eval_program.hpp"

#include <iostream>
#include <memory>

#include "data/mnist.hpp"
#include "engine/devices.hpp"
#include "tools/eval_options.hpp"
#include "tools/evaluation.hpp"

namespace lenet {
namespace {

int evaluate_to(std::ostream& out, const EvalOptions& options) {
  const DeviceChoice device = parse_device(options.device);
  const LoadedModel loaded = load_model(options.weights);
  const Dataset dataset =
      load_mnist(options.data, options.validation.value_or(loaded.checkpoint.info.validation_count));
  const OpenedBackend opened = open_backend(device, static_cast<int>(options.threads));
  if (!opened.fallback_reason.empty()) std::cerr << opened.fallback_reason << '\n';

  const auto program = opened.backend->compile(loaded.model.graph, {});
  const Evaluation evaluation =
      evaluate_model(loaded, *program, split_named(dataset, options.split), options.split);
  out << (options.json ? evaluation_json(evaluation, loaded, opened.backend->info())
                       : evaluation_text(evaluation));
  return 0;
}

}  // namespace

int eval_program(int argc, const char* const* argv) {
  const EvalOptions options = read_eval_options(argc, argv);
  if (options.help) {
    std::cout << eval_help();
    return 0;
  }
  if (options.version) {
    std::cout << "lenet " LENET_VERSION "\n";
    return 0;
  }
  return evaluate_to(std::cout, options);
}

}  // namespace lenet
