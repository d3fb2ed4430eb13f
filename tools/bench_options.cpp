#include "tools/bench_options.hpp"

#include "models/models.hpp"

namespace lenet {

OptionSet bench_option_set(BenchOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"model", "NAME", "What is timed", "regressor, mlp or cnn", "cnn", &o.model}.among(model_names()),
      Option{"batch", "N", "What is timed", "images a step", "the recipe's", &o.batch}.within({.lowest = 1, .highest = 55'000}),
      Option{"steps", "N", "What is timed", "steps that count", "300", &o.steps}.within({.lowest = 1, .highest = 1e6}),
      Option{"warmup", "N", "What is timed", "steps before them", "30", &o.warmup}.within({.lowest = 0, .highest = 1e6}),
      Option{"data", "DIR", "What is timed", "MNIST's four files", "found by itself", &o.data},

      Option{"device", "NAME", "Device", "auto, cpu, cuda, cuda:N or N", "auto", &o.device},
      Option{"threads", "N", "Device", "CPU threads; 0: one a core", "0", &o.threads}.within({.lowest = 0, .highest = 1024}),

      Option{"json", "", "Output", "one JSON object", "off", &o.json}.only_flag(),
      Option{"help", "", "Output", "this text", "", &o.help}.only_flag(),
  });
  // clang-format on
}

}  // namespace lenet
