#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

std::vector<std::string> tiny_bench(std::vector<std::string> arguments) {
  for (const char* argument :
       {"--model", "regressor", "--data", "data", "--device", "cpu", "--threads", "1", "--validation", "120"})
    arguments.emplace_back(argument);
  return arguments;
}

}  // namespace

TEST_CASE("lenet_bench times groups of steps and the start before them", "[tools][bench]") {
  const ToolRuns tools;
  const ProcessResult run =
      tools.bench(tiny_bench({"--batch", "40", "--steps", "90", "--sync-every", "30", "--json"}));
  INFO(run.errors);
  REQUIRE(run.exit_code == 0);
  const auto json = nlohmann::json::parse(run.output);
  CHECK(json["batch"] == 40);
  CHECK(json["steps"] == 90);  // more than an epoch's twelve
  CHECK(json["sync_every"] == 30);
  CHECK(json["precision"] == "fp32");
  CHECK(json["cuda_graph"] == false);
  CHECK(json["median_step_ms"] > 0);
  CHECK(json["p10_step_ms"] <= json["median_step_ms"]);
  CHECK(json["median_step_ms"] <= json["p90_step_ms"]);
  REQUIRE(json["layers"].size() == 2);  // one dense layer, which nothing precedes
  CHECK(json["layers"][0]["layer"] == "fc");
  CHECK(json["layers"][0]["product"] == "forward");
  CHECK_THAT(json["layers"][1]["chosen"].get<std::string>(), contains("sparse pixels"));
  CHECK(json["first_step_seconds"] > 0);
  CHECK(json["first_step_seconds"] < json["ready_seconds"]);
}

TEST_CASE("lenet_bench refuses what it cannot time", "[tools][bench]") {
  const ToolRuns tools;
  const ProcessResult many = tools.bench(tiny_bench({"--batch", "501"}));
  CHECK(many.exit_code == 2);
  CHECK_THAT(many.errors, contains("--batch 501: there are only 500 images"));
  const ProcessResult renamed = tools.bench(tiny_bench({"--wait-every", "30"}));
  CHECK(renamed.exit_code == 2);
  CHECK_THAT(renamed.errors, contains("unknown option --wait-every: did you mean --sync-every?"));
  const ProcessResult precision = tools.bench(tiny_bench({"--precision", "tf32"}));
  CHECK(precision.exit_code == 2);
  CHECK_THAT(precision.errors, contains("--precision tf32 needs an NVIDIA GPU"));
}
