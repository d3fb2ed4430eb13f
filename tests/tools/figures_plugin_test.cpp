// Figures are drawn by a plugin: what starts without it, and what is said where it cannot be loaded.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

constexpr const char* kPlugin = "liblenet_figures.so";

/// A trained network, and then a folder in place of the programs' for their plugins.
struct WithoutPlugin : ToolRuns {
  WithoutPlugin() {
    REQUIRE(
        train_tiny({"--model", "regressor", "--epochs", "1", "--no-tensorboard", "--out", "run"}).exit_code ==
        0);
    std::filesystem::create_directory(folder / "plugins");
    options.environment["LENET_PLUGIN_DIR"] = (folder / "plugins").string();
  }
};

}  // namespace

TEST_CASE("the programs start without any library that draws or decodes pictures", "[figures][libraries]") {
  for (const char* program : {LENET_TRAIN_PROGRAM, LENET_EVAL_PROGRAM, LENET_PLOT_PROGRAM,
                              LENET_BENCH_PROGRAM, LENET_DATA_PROGRAM}) {
    // The dynamic linker lists what it would load, the libraries of libraries included.
    const ProcessResult loaded = run_process({program}, {.environment = {{"LD_TRACE_LOADED_OBJECTS", "1"}}});
    INFO(program << "\n" << loaded.output);
    REQUIRE(loaded.output.find("libc.so") != std::string::npos);
    for (const char* library :
         {"cairo", "libX", "xcb", "freetype", "fontconfig", "pixman", "png", "jpeg", "exif", "webp"})
      CHECK(loaded.output.find(library) == std::string::npos);
  }
}

TEST_CASE_METHOD(WithoutPlugin, "without the plugin a figure is refused in one line before the work",
                 "[figures]") {
  for (const bool broken : {false, true}) {
    if (broken) std::ofstream(folder / "plugins" / kPlugin) << "no library";
    const std::vector<ProcessResult> results{
        plot({"run", "-o", "curves.png"}), plot({"--confusion", "run", "--data", "data", "-o", "matrix.svg"}),
        eval({"run", "--data", "data", "--device", "cpu", "--threads", "1", "--plot", "digits.png"})};
    for (const ProcessResult& result : results) {
      INFO(result.errors);
      CHECK(result.exit_code == 1);
      CHECK(result.output.empty());
      CHECK(line_count(result.errors) == 1);
      CHECK_THAT(result.errors, contains("figures cannot be drawn: ") && contains(kPlugin) &&
                                    contains(broken ? "install cairo" : "look at LENET_PLUGIN_DIR"));
    }
    for (const char* file : {"curves.png", "matrix.svg", "digits.png"})
      CHECK_FALSE(std::filesystem::exists(folder / file));
  }
}

TEST_CASE_METHOD(WithoutPlugin,
                 "without the plugin a training says that TensorBoard gets no pictures, and goes on",
                 "[figures]") {
  const ProcessResult result = train_tiny({"--model", "regressor", "--epochs", "2", "--out", "next"});
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  CHECK(line_count(result.errors) == 1);
  CHECK(result.errors.starts_with("TensorBoard gets no pictures: figures cannot be drawn: "));
  CHECK(eval({"next", "--data", "data", "--device", "cpu", "--threads", "1"}).exit_code == 0);
  bool histograms = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "next/train"))
    histograms = histograms || read_all(entry.path()).find("fc1") != std::string::npos ||
                 read_all(entry.path()).find("weight") != std::string::npos;
  CHECK(histograms);
  CHECK(train_tiny({"--model", "regressor", "--epochs", "1", "--no-tensorboard", "--out", "none"})
            .errors.empty());
}
