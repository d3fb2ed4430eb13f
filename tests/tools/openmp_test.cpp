#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

using Environment = std::map<std::string, std::string>;

/// Trains and evaluates the CNN, in whose convolutions a missing thread leaves images out.
struct CnnRun : ToolRuns {
  /// Returns best.bin's bytes and its evaluation, all but the file's name.
  std::pair<std::string, nlohmann::json> run(const std::string& out, const Environment& environment,
                                             const std::vector<std::string>& threads) {
    options.environment = environment;
    std::vector<std::string> arguments{"--data",  "data", "--validation", "120", "--device", "cpu",
                                       "--model", "cnn",  "--steps",      "4",   "--out",    out};
    arguments.insert(arguments.end(), threads.begin(), threads.end());
    const ProcessResult trained = train(arguments);
    INFO(trained.output << trained.errors);
    REQUIRE(trained.exit_code == 0);
    std::vector<std::string> evaluation{out + "/best.bin", "--data", "data", "--device", "cpu", "--json"};
    evaluation.insert(evaluation.end(), threads.begin(), threads.end());
    const ProcessResult evaluated = eval(evaluation);
    INFO(evaluated.errors);
    REQUIRE(evaluated.exit_code == 0);
    nlohmann::json figures = nlohmann::json::parse(evaluated.output);
    figures.erase("file");
    return {file(out + "/best.bin"), figures};
  }
};

}  // namespace

TEST_CASE_METHOD(CnnRun, "where OpenMP grants one thread, a network is that of one thread", "[openmp]") {
  const auto one = run("one", {}, {"--threads", "1"});
  CHECK(run("limited", {{"OMP_THREAD_LIMIT", "1"}}, {}) == one);
  CHECK(run("asked", {{"OMP_THREAD_LIMIT", "1"}}, {"--threads", "2"}) == one);
}

TEST_CASE_METHOD(CnnRun, "OpenMP's other settings change no bit of a network", "[openmp]") {
  const auto plain = run("plain", {}, {});
  const auto environment =
      GENERATE(values<Environment>({{{"OMP_DYNAMIC", "true"}},
                                    {{"OMP_MAX_ACTIVE_LEVELS", "0"}},
                                    {{"OMP_NUM_THREADS", "1"}},
                                    {{"OMP_PROC_BIND", "true"}},
                                    {{"OMP_PROC_BIND", "close"}, {"OMP_PLACES", "cores"}}}));
  INFO(environment.begin()->first);
  CHECK(run("set", environment, {}) == plain);
}
