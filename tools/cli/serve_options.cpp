#include "tools/cli/serve_options.hpp"

#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {
namespace {

constexpr Limits kPorts{.lowest = 0, .highest = 65'535};
constexpr Limits kSeconds{.lowest = 1, .highest = 3'600};

}  // namespace

OptionSet serve_option_set(ServeOptions& o) {
  // clang-format off
  return OptionSet({
      weights_model_option("Weights", &o.model),

      Option{"port", "N", "Server", "port; 0: a free one", "8080", &o.port}.within(kPorts),
      Option{"host", "NAME", "Server", "address or name to listen on; 0.0.0.0: all", "127.0.0.1", &o.host},
      Option{"timeout", "N", "Server", "seconds that a client has for a request", "10", &o.timeout}.within(kSeconds),

      device_option("Device", &o.device.device),
      threads_option("Device", &o.device.threads),

      help_option("Other", &o.questions.help),
      version_option("Other", &o.questions.version),
  });
  // clang-format on
}

Manual serve_manual() {
  static ServeOptions defaults;
  return {
      .name = "lenet_serve",
      .summary = "a page to draw digits on",
      .usage = "lenet_serve WEIGHTS [options]",
      .purpose =
          "Serves a page on which a person draws a digit and sees the probabilities and\n"
          "what the network sees. WEIGHTS is a best.bin or the folder of a run.",
      .notes =
          "POST /predict takes a picture (Content-Type: image/…) of up to 16 MiB, or a\n"
          "JSON array of 784 numbers from 0 (paper) to 255 (ink), and answers with a JSON\n"
          "object of digit, probabilities and pixels. GET /health names the model. An\n"
          "error is {\"error\": reason}, with a status of 400 or more:\n"
          "  curl -H Content-Type:image/png --data-binary @7.png localhost:8080/predict",
      .examples =
          "lenet_serve runs/cnn-1/best.bin\n"
          "lenet_serve runs/cnn-1 --host 0.0.0.0 --port 8000",
      .options = serve_option_set(defaults),
      .takes_files = true,
  };
}

ServeOptions read_serve_options(int argc, const char* const* argv) {
  ServeOptions options;
  OptionSet set = serve_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (!line) return options;
  if (line->positionals.size() != 1)
    throw UsageError(
        fmt::format("expected one weights file or run folder, got {}: see --help", line->positionals.size()));
  options.weights = line->positionals.front();
  return options;
}

}  // namespace lenet::cli
