#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/device/devices.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/tools/tiny_data.hpp"

using namespace lenet;

namespace {

constexpr const char* kPlugins = LENET_FAKE_PLUGINS;

/// A machine that seems to have a driver, and a plugin in place of the real one.
std::map<std::string, std::string> environment_with(const std::string& plugin) {
  return {{"LENET_PLUGIN_DIR", std::string(kPlugins) + "/" + plugin}, {"LD_LIBRARY_PATH", LENET_FAKE_DRIVER}};
}

/// Runs lenet_train with such a plugin.
ProcessResult train(const std::string& plugin, std::vector<std::string> arguments) {
  const TemporaryFolder folder;
  write_tiny_data(folder / "data");
  arguments.insert(arguments.begin(), {LENET_TRAIN_PROGRAM, "--data", "data", "--validation", "120"});
  return run_process(arguments, {.folder = folder.path(), .environment = environment_with(plugin)});
}

std::ptrdiff_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

}  // namespace

TEST_CASE("a device is named by its kind, its number or both", "[device]") {
  CHECK(device::parse_device("auto").kind == nullptr);
  CHECK(device::parse_device("cpu").kind->name == "cpu");
  for (const auto& [text, index] : {std::pair{"cuda", 0}, {"cuda:3", 3}, {"0", 0}, {"12", 12}}) {
    INFO(text);
    const device::DeviceChoice choice = device::parse_device(text);
    REQUIRE(choice.kind);
    CHECK(choice.kind->name == "cuda");
    CHECK(choice.index == index);
  }
  for (const char* text : {"", "gpu", "cpu:0", "cuda:", "cuda:-1", "cuda:1x", "cuda1", "-1", "1.0", ":1"})
    CHECK_THROWS_WITH(device::parse_device(text),
                      "unknown device '" + std::string(text) + "': expected auto, cpu, cuda, cuda:N or N");
  const auto names = device::device_names();
  CHECK(std::vector<std::string_view>(names.begin(), names.end()) ==
        std::vector<std::string_view>{"auto", "cpu", "cuda"});
}

TEST_CASE("a CUDA backend that cannot be loaded is one line and exit code 1", "[plugin]") {
  struct Case {
    std::string plugin, message, advice;
  };
  const std::vector<Case> cases{
      {"nowhere", "nowhere/liblenet_cuda.so is no file", "or look at LENET_PLUGIN_DIR"},
      {"without_cudnn", "libfake_cudnn.so: cannot open shared object file",
       "install cuDNN, cuBLAS and NVRTC"},
      {"without_entry", "belongs to another build of lenet (no stamp", "build both together"},
      {"other_build", "belongs to another build of lenet (lenet plugin 0", "build both together"},
  };
  for (const Case& with : cases) {
    INFO(with.plugin);
    const ProcessResult result = train(with.plugin, {"--device", "cuda", "--dry-run"});
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.errors, contains(with.message));
    CHECK_THAT(result.errors, contains(with.advice));
    CHECK(lines(result.errors) == 1);
  }
}

// An empty entry among the folders where the loader looks for libraries stands for the current one.
TEST_CASE("no program loads libraries from the current folder", "[plugin]") {
  const auto bin = std::filesystem::path(LENET_TRAIN_PROGRAM).parent_path();
  int seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(bin)) {
    const ProcessResult result =
        run_process({"/usr/bin/env", "readelf", "--dynamic", "--wide", file.path().string()});
    if (result.exit_code != 0) continue;
    ++seen;
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);) {
      if (line.find("PATH)") == std::string::npos) continue;
      INFO(file.path() << ": " << line);
      const std::size_t begin = line.find('[') + 1;
      const std::string folders = ':' + line.substr(begin, line.find(']') - begin) + ':';
      CHECK(folders.find("::") == std::string::npos);
      CHECK(folders.find(":.") == std::string::npos);
    }
  }
  CHECK(seen > 0);
}

TEST_CASE("what the CUDA backend throws reaches the program as it is", "[plugin]") {
  const ProcessResult result = train("useless", {"--device", "cuda:7", "--dry-run"});
  CHECK(result.exit_code == 1);
  CHECK(result.errors == "lenet_train: cuda:7 is no use\n");
  CHECK(train("working", {"--device", "1", "--dry-run"}).errors ==
        "lenet_train: a GPU that is not there cannot train\n");
}

TEST_CASE("usable CUDA devices are listed, and why the others are not", "[plugin]") {
  const ProcessResult result = train("working", {"--list-devices"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("cuda:1   a GPU that is not there\n"));
  CHECK(lines(result.output) == 2);  // the CPU, too
  CHECK(result.errors == "cuda:0 is too old\n");
}

TEST_CASE("auto takes the first CUDA device that is usable", "[plugin]") {
  CHECK(train("working", {"--device", "auto", "--dry-run"}).errors ==
        "lenet_train: a GPU that is not there cannot train\n");
}

TEST_CASE("auto falls back to the CPU and says why", "[plugin]") {
  CHECK(train("useless", {"--list-devices"}).errors == "no CUDA device: the driver is asleep: wake it\n");
  CHECK(train("nowhere", {"--list-devices"}).errors ==
        "no CUDA device: an NVIDIA driver is installed, but this build has no CUDA backend: build it with "
        "the CUDA Toolkit and cuDNN installed\n");
  const ProcessResult result =
      train("useless", {"--model", "regressor", "--epochs", "1", "--out", "run", "--no-tensorboard"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("Device     cpu"));
  CHECK(result.errors == "using the CPU: the driver is asleep: wake it\n");
  CHECK(device::open_backend(device::parse_device("cpu"), {.threads = 1}).fallback_reason.empty());
}

TEST_CASE("a quiet program does not say that auto fell back, unless it shows what would run", "[plugin]") {
  const std::string notice = "using the CPU: the driver is asleep: wake it\n";
  const std::vector<std::string> quiet = {"--model", "regressor", "--no-tensorboard", "--quiet"};
  const auto with = [&](const char* option) {
    std::vector<std::string> arguments = quiet;
    arguments.emplace_back(option);
    return train("useless", arguments).errors;
  };
  CHECK(with("--fast-dev-run").empty());
  CHECK(with("--dry-run") == notice);
  const TemporaryFolder folder;
  write_tiny_data(folder / "data");
  const ProcessOptions options{.folder = folder.path(), .environment = environment_with("useless")};
  REQUIRE(run_process({LENET_TRAIN_PROGRAM, "--data", "data", "--validation", "120", "--model", "regressor",
                       "--epochs", "1", "--out", "run", "--no-tensorboard"},
                      options)
              .exit_code == 0);
  const auto evaluated = [&](const std::vector<std::string>& more) {
    std::vector<std::string> command = {LENET_EVAL_PROGRAM, "run", "--data", "data"};
    command.insert(command.end(), more.begin(), more.end());
    return run_process(command, options).errors;
  };
  CHECK(evaluated({}) == notice);
  CHECK(evaluated({"run", "--json"}) == notice);
  CHECK(evaluated({"--quiet"}).empty());
  CHECK(evaluated({"run", "--quiet"}).empty());
}
