// Configuration files of lenet_train.
#include "engine/core/error.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "tests/fuzz/targets.hpp"
#include "tools/cli/train_options.hpp"

namespace lenet::fuzz {
namespace {

std::string text_after_reading(MemoryFile& file, Bytes bytes) {
  file.set(bytes);
  return cli::config_file_text(cli::options_in_file(file.path()));
}

}  // namespace

void run_config(Bytes bytes) {
  static MemoryFile file;
  try {
    const std::string written = text_after_reading(file, bytes);
    std::string again;
    try {
      again = text_after_reading(file, bytes_of(written));
    } catch (const UsageError&) {
    }
    demand(again == written, "a written configuration is not read as it was written");
  } catch (const UsageError&) {
  }
}

std::vector<std::string> config_seeds() {
  cli::TrainOptions resolved;
  cli::resolve(resolved);
  return {cli::config_file_text(resolved),
          "model = 'mlp'\nsteps = 1_000\nlr = 1e-3\ndata = \"file:///a%FF%20b\"\ntensorboard = false\n",
          "[table]\na.b.c = [1, 2.5, {x = 07:32:00}]\nd = 1979-05-27T07:32:00Z\ns = '''x'''\n"};
}

}  // namespace lenet::fuzz
