#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace {

ProcessResult kernel_bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), (test_folder() / "../bin/kernel_bench").string());
  return run_process(arguments);
}

}  // namespace

TEST_CASE("kernel_bench times every kernel, or says in one line that there is no GPU", "[kernel_bench]") {
  const ProcessResult run = kernel_bench({"--repeats", "3", "--json"});
  if (run.exit_code != 0) {
    CHECK(run.exit_code == 1);
    CHECK(run.output.empty());
    CHECK_THAT(run.errors, contains("kernel_bench: no NVIDIA driver is installed"));
    CHECK(std::count(run.errors.begin(), run.errors.end(), '\n') == 1);
    LENET_SKIP("the timing itself needs a GPU");
  }
  const auto json = nlohmann::json::parse(run.output);
  const double peak = json["peak_gb_per_second"];  // 0 where the driver reports no memory clock
  CHECK((peak == 0 || peak > 50));
  CHECK(json["kernels"].size() > 20);
  for (const auto& kernel : json["kernels"]) {
    INFO(kernel.dump());
    CHECK(kernel["cold_us"] > 0.1);
    CHECK(kernel["replayed_us"] > 0.1);
    CHECK((kernel["share_of_peak"] > 0) == (peak > 0));
    CHECK(kernel["share_of_peak"] < 1.5);  // written data may still be in L2 when the clock stops
  }
}

TEST_CASE("kernel_bench has nothing to time on a CPU", "[kernel_bench]") {
  for (const std::string device : {"cpu", "auto", "gpu"}) {
    const ProcessResult run = kernel_bench({"--device", device});
    CHECK(run.exit_code == 2);
    CHECK(run.errors == "kernel_bench: --device " + device + ": kernels run on cuda, cuda:N or N\n");
  }
}

TEST_CASE("kernel_bench needs no library beside those of C++", "[kernel_bench][libraries]") {
  // The dynamic linker lists what it would load, one library a line; NVIDIA's driver is loaded later.
  const ProcessResult loaded = run_process({(test_folder() / "../bin/kernel_bench").string()},
                                           {.environment = {{"LD_TRACE_LOADED_OBJECTS", "1"}}});
  std::istringstream lines(loaded.output);
  int libraries = 0;
  for (std::string line; std::getline(lines, line); ++libraries) {
    INFO(line);
    CHECK_THAT(line, contains("linux-vdso") || contains("libstdc++") || contains("libm.so") ||
                         contains("libgcc_s") || contains("libc.so") || contains("ld-linux"));
  }
  CHECK(libraries >= 4);
}
