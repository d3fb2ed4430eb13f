#include "tools/cli/bench_options.hpp"

#include "engine/backend.hpp"
#include "models/models.hpp"
#include "tools/cli/common_options.hpp"

namespace lenet::cli {

OptionSet bench_option_set(BenchOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"model", "NAME", "Measurement", "", "cnn", &o.model}.among(models::model_names()),
      Option{"batch", "N", "Measurement", "images per step", "the recipe's", &o.batch}.within({.lowest = 1, .highest = 65'536}),
      Option{"steps", "N", "Measurement", "measured steps", "300", &o.steps}.within({.lowest = 1, .highest = 1e6}).only_flag(),
      Option{"warmup", "N", "Measurement", "warm-up steps before them", "30", &o.warmup}.within({.lowest = 0, .highest = 1e6}),
      Option{"sync-every", "N", "Measurement", "steps per synchronization", "cpu 1, gpu 50", &o.sync_every}.within({.lowest = 1, .highest = 1e6}),
      data_option("Measurement", &o.data),
      Option{"validation", "N", "Measurement", "training images that are held out", "5000", &o.validation}.within({.lowest = 0, .highest = 1e9}),

      device_option("Device", &o.device),
      threads_option("Device", &o.threads),
      Option{"precision", "NAME", "Device", "", "fp32", &o.precision}.among(kPrecisionNames),
      Option{"deterministic", "", "Device", "the same seed gives the same bits", "on", &o.deterministic},
      Option{"cuda-graph", "", "Device", "run each step as one CUDA graph", "on", &o.cuda_graph},
      Option{"autotune", "", "Device", "time the algorithms, take the fastest", "off", &o.autotune},
      Option{"data-on-device", "", "Device", "keep the training images on the GPU", "off", &o.data_on_device},
      Option{"steps-per-launch", "N", "Device", "queue N steps at once, with --data-on-device", "1", &o.steps_per_launch}.within({.lowest = 1, .highest = 1000}),
      Option{"fork-steps", "", "Device", "run independent parts of a step together", "off", &o.fork_steps},
      Option{"histograms-on-device", "", "Device", "count TensorBoard's histograms there", "off", &o.histograms_on_device},
      Option{"fused", "NAME", "Device", "fuse into one kernel", "off", &o.fused}.among(kFusedNames),

      Option{"json", "", "Output", "one JSON object", "off", &o.json}.only_flag(),
      help_option("Output", &o.questions.help),
      version_option("Output", &o.questions.version),
  });
  // clang-format on
}

}  // namespace lenet::cli
