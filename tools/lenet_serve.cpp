// lenet_serve: a page on which a person draws a digit and sees what the network reads.
#include <chrono>
#include <fmt/format.h>
#include <iostream>

#include "engine/core/warning.hpp"
#include "engine/device/devices.hpp"
#include "engine/train/stop_request.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/serve_options.hpp"
#include "tools/cli/signals.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/cli/weights.hpp"
#include "tools/serve/http_server.hpp"
#include "tools/serve/listener.hpp"
#include "tools/serve/predictor.hpp"
#include "tools/serve/server.hpp"

namespace lenet::cli {
namespace {

/// Returns the address for a browser on this machine.
std::string url_of(const serve::Listener& listener, const std::string& host) {
  const std::string name = listener.is_everywhere() ? "localhost" : serve::url_host(host);
  return fmt::format("http://{}:{}/", name, listener.port());
}

int serve_program(int argc, const char* const* argv) {
  const ServeOptions options = read_serve_options(argc, argv);
  if (answered(options.questions, serve_manual)) return 0;
  device::parse_device(options.device.device);  // reports errors of the command line first
  serve::Predictor predictor(load_model(options.weights, options.model), options.device);
  const serve::Listener listener(options.host, options.port);
  serve::HttpServer server(predictor, {.host = options.host, .any_address = listener.is_everywhere()});
  const serve::ConnectionLimits limits{.request = std::chrono::seconds(options.timeout)};
  if (!listener.is_local())
    warn("everyone who can reach this machine's port can use the page: it asks for no password");

  train::StopRequest stop;
  const StopOnSignals signals(stop);
  std::cout << for_output(fmt::format("{}\nListening on {}\n", predictor.description(),
                                      url_of(listener, options.host)))
            << std::flush;
  serve::serve_clients(listener, server, limits, [&] { return stop.asked(); });
  return signals.exit_code();
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_serve", lenet::cli::serve_program, lenet::cli::serve_manual, argc,
                                 argv);
}
