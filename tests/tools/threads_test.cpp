#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

using Environment = std::map<std::string, std::string>;

/// Trains and evaluates the CNN under all that may bound the threads of a program.
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

  /// Returns the number of threads that a training says it uses.
  std::string threads_shown(const Environment& environment, std::vector<std::string> prefix,
                            const std::vector<std::string>& threads) {
    std::vector<std::string> command =
        train_command({"--data", "data", "--validation", "120", "--device", "cpu", "--dry-run"});
    command.insert(command.begin(), prefix.begin(), prefix.end());
    command.insert(command.end(), threads.begin(), threads.end());
    ProcessOptions here = options;
    here.environment = environment;
    const ProcessResult shown = run_process(command, here);
    INFO(shown.output << shown.errors);
    REQUIRE(shown.exit_code == 0);
    const std::size_t end = shown.output.find(" thread");
    REQUIRE(end != std::string::npos);
    const std::size_t begin = shown.output.rfind(' ', end - 1) + 1;
    return shown.output.substr(begin, end - begin);
  }
};

int cores_of_this_process() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int first_core() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) return core;
  return 0;
}

constexpr const char* kTaskset = "/usr/bin/taskset";

}  // namespace

TEST_CASE_METHOD(CnnRun, "no variable or limit of OpenMP changes a bit of a network", "[threads][long]") {
  const auto plain = run("plain", {}, {"--threads", "2"});
  const Environment environments[] = {
      {{"OMP_THREAD_LIMIT", "1"}},
      {{"OMP_DYNAMIC", "true"}},
      {{"OMP_MAX_ACTIVE_LEVELS", "0"}},
      {{"OMP_NUM_THREADS", "1"}},
      {{"OMP_NUM_THREADS", "3"}},
      {{"OMP_PROC_BIND", "true"}},
      {{"OMP_PROC_BIND", "close"}, {"OMP_PLACES", "cores"}},
      {{"OMP_WAIT_POLICY", "active"}},
      {{"OMP_WAIT_POLICY", "passive"}},
      {{"GOMP_SPINCOUNT", "0"}, {"OMP_SCHEDULE", "dynamic"}},
      {{"OMP_NESTED", "true"}, {"OMP_CANCELLATION", "true"}, {"OMP_STACKSIZE", "16k"}},
  };
  int number = 0;
  for (const Environment& environment : environments)
    for (const std::vector<std::string>& threads : {std::vector<std::string>{}, {"--threads", "2"}}) {
      INFO(environment.begin()->first << "=" << environment.begin()->second << ", "
                                      << (threads.empty() ? "no --threads" : "--threads 2"));
      CHECK(run("set-" + std::to_string(++number), environment, threads) == plain);
    }
}

TEST_CASE_METHOD(CnnRun, "as many threads run as were asked for", "[threads]") {
  const std::string cores = threads_shown({{"OMP_NUM_THREADS", ""}}, {}, {});
  CHECK(std::stoi(cores) >= 1);
  CHECK(std::stoi(cores) <= cores_of_this_process());  // fewer under a quota
  CHECK(threads_shown({}, {}, {"--threads", "5"}) == "5");
  CHECK(threads_shown({{"OMP_NUM_THREADS", "3"}}, {}, {}) == "3");
  CHECK(threads_shown({{"OMP_NUM_THREADS", "3"}}, {}, {"--threads", "2"}) == "2");
  CHECK(threads_shown({{"OMP_THREAD_LIMIT", "1"}}, {}, {"--threads", "2"}) == "2");
  CHECK(threads_shown({{"OMP_PROC_BIND", "true"}, {"OMP_NUM_THREADS", ""}}, {}, {}) == cores);
  CHECK(threads_shown({{"OMP_PLACES", "{0}"}, {"OMP_NUM_THREADS", ""}}, {}, {}) == cores);
}

TEST_CASE_METHOD(CnnRun, "a process that is bound to one core takes it for one, unless asked for more",
                 "[threads]") {
  if (!std::filesystem::exists(kTaskset)) LENET_SKIP("there is no taskset");
  const std::vector<std::string> bound{kTaskset, "-c", std::to_string(first_core())};
  CHECK(threads_shown({{"OMP_NUM_THREADS", ""}}, bound, {}) == "1");
  CHECK(threads_shown({{"OMP_NUM_THREADS", ""}}, bound, {"--threads", "2"}) == "2");
}
