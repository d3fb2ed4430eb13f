#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/rounding.hpp"
#include "engine/core/text.hpp"
#include "engine/device/devices.hpp"
#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/read_all.hpp"

using namespace lenet;

namespace {

/// Returns the README and the page about GPUs.
std::string pages() {
  const std::string root = LENET_SOURCE_DIR;
  return lenet::read_all(root + "/README.md") + lenet::read_all(root + "/tools/readme/gpu.md");
}

std::vector<std::smatch> matches(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  return {std::sregex_iterator(text.begin(), text.end(), expression), {}};
}

std::string help_of(const std::string& program, const std::string& command = "") {
  const std::filesystem::path path = std::filesystem::path(LENET_PROGRAMS) / program;
  REQUIRE(std::filesystem::exists(path));
  std::vector<std::string> words = {path.string(), "--help"};
  if (!command.empty()) words.insert(words.begin() + 1, command);
  const ProcessResult result = run_process(words);
  REQUIRE(result.exit_code == 0);
  return result.output;
}

/// Returns the help that describes a command line's options: of a program that takes commands, the command's.
std::string help_for(const std::string& program, const std::string& arguments) {
  const std::string help = help_of(program);
  std::smatch command;
  const bool takes_commands = help.find(program + " COMMAND") != std::string::npos;
  if (takes_commands && std::regex_search(arguments, command, std::regex("^ *([a-z]+)")))
    return help_of(program, command[1]);
  return help;
}

/// "--no-cuda-graph" is in the help as "--[no-]cuda-graph".
bool has_option(const std::string& help, std::string option) {
  if (help.find(option) != std::string::npos) return true;
  if (option.starts_with("--no-")) option = "--" + option.substr(5);
  return help.find("--[no-]" + option.substr(2)) != std::string::npos;
}

}  // namespace

TEST_CASE("the README's model, added as it says, has its name and compiles for a device", "[readme]") {
  const auto names = models::model_names();
  CHECK(std::ranges::find(names, "small_mlp") != names.end());
  const Model model = models::make_model("small_mlp");
  CHECK(model.name == "small_mlp");
  CHECK(model.graph.classes() == 10);
  const device::OpenedBackend cpu = device::open_backend(device::parse_device("cpu"), {.threads = 1});
  CHECK(cpu.backend->compile(model.graph, {.training = TrainingOptions{.batch = model.recipe.batch}}));
}

TEST_CASE("every option in the commands of the README and of the page about GPUs is one of its program's",
          "[readme]") {
  const std::string text = pages();
  int seen = 0;
  for (const std::smatch& command : matches(text, "(lenet_[a-z]+)( [^\n#]*)")) {
    const std::string program = command[1], arguments = command[2];
    const auto options = matches(arguments, "--[a-z][a-z-]*");
    const std::string help = options.empty() ? "" : help_for(program, arguments);
    for (const std::smatch& option : options) {
      INFO(program << " " << option.str());
      CHECK(has_option(help, option.str()));
      ++seen;
    }
  }
  CHECK(seen >= 15);
}

TEST_CASE("the README's tables give the sizes, lengths and batches of the models", "[readme]") {
  const std::string text = pages();
  const auto has_row = [&](const std::string& row) {
    INFO(row);
    CHECK(text.find("\n" + row + "\n") != std::string::npos);
  };
  std::string batches = "| batch |";
  for (const auto& [networks, row] : {std::pair{std::vector{"regressor"}, "| length: regressor |"},
                                      std::pair{std::vector{"mlp", "cnn"}, "| length: mlp, cnn |"}})
    for (const std::string name : networks) {
      const Model keras = models::make_model(name),
                  tutorial = models::make_model(name, {.recipe = "tutorial"});
      const std::int64_t epochs = keras.recipe.epochs.value(), batch = keras.recipe.batch;
      CHECK(tutorial.recipe.batch == batch);
      batches += " " + std::to_string(batch) + " |";
      has_row(std::string(row) + " " + std::to_string(epochs) + " epochs (" +
              with_thousands(epochs * ceil_divide(std::int64_t{55'000}, batch)) + " steps) | " +
              with_thousands(tutorial.recipe.steps.value()) + " steps |");
      CHECK(text.find(" | " + with_thousands(keras.graph.parameter_count()) + " |\n") != std::string::npos);
    }
  has_row(batches);
}

TEST_CASE("every file that the README and the page about GPUs name is there", "[readme]") {
  const std::string text = pages();
  const std::filesystem::path root = LENET_SOURCE_DIR;
  int seen = 0;
  for (const std::smatch& path : matches(text, "`((?:engine|tests|tools|models|kernels|data)/[^` ]*)`")) {
    const std::string target = path[1];
    if (target == "data/mnist" || target == "models/small_mlp.cpp") continue;  // what a user may add
    INFO(target);
    CHECK(std::filesystem::exists(root / target));
    ++seen;
  }
  CHECK(seen >= 15);
}
