// Runs that end at any moment: kill -9, signals, kills at each system call of a save.
#include <csignal>
#include <map>
#include <random>
#include <string_view>
#include <thread>

#include "tests/faults/harness/runs.hpp"

namespace lenet::faults {
namespace {

/// The share of tries that each model takes: the small ones are fast.
int tries_of(const std::string& model, int wanted) {
  if (model == "regressor") return wanted - 2 * (wanted / 3);
  return wanted / 3;
}

/// Starts a run, sends a signal after a random time, and returns how the run ended.
ProcessResult interrupt(const Runs& runs, const ShortRun& run, int signal, std::mt19937& random,
                        Trials& trials) {
  const auto longest = std::max<long>(2, run.duration.count() * 11 / 10);
  Process process(runs.command(run), runs.options);
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::uniform_int_distribution<long>(0, longest)(random)));
  process.send(signal);
  return runs.end_of(process, trials);
}

/// A call with its number among the calls of its name: "write 3".
std::vector<std::string> numbered(const std::vector<std::string>& calls, const std::string& part) {
  std::map<std::string, int> counts;
  std::vector<std::string> numbers;
  for (const std::string& call : calls) {
    const std::string name = call.substr(0, call.find(' '));
    if (call.find(part) == std::string::npos || name == "rename_from") continue;
    numbers.push_back(name + " " + std::to_string(++counts[name]));
  }
  return numbers;
}

/// Calls body(run, try) for as many tries of each model's run as it takes, each in an empty folder.
template <class Body>
void for_each_try(const Runs& runs, Trials& trials, const Body& body) {
  for (const std::string model : {"regressor", "mlp", "cnn"}) {
    const ShortRun run = runs.short_run(model);
    for (int n = 0; n < tries_of(model, trials.wanted()); ++n) {
      trials.begin(model + " " + std::to_string(n));
      runs.clear();
      body(run, n);
    }
  }
}

}  // namespace

void kill_at_random(Trials& trials) {
  std::mt19937 random(1);
  const Runs runs;
  for_each_try(runs, trials, [&](const ShortRun& run, int) {
    for (int kills = 0; kills < 2; ++kills) {  // the run, then its resume
      interrupt(runs, run, SIGKILL, random, trials);
      runs.demand_readable(run, trials, End::torn);
    }
    runs.demand_resumed(run, trials);
  });
}

void signal_at_random(Trials& trials) {
  std::mt19937 random(2);
  const Runs runs;
  for_each_try(runs, trials, [&](const ShortRun& run, int n) {
    const int signal = n % 2 == 0 ? SIGTERM : SIGINT;
    const auto began = std::chrono::steady_clock::now();
    const ProcessResult result = interrupt(runs, run, signal, random, trials);
    const auto took = std::chrono::steady_clock::now() - began - run.duration * 11 / 10;
    trials.demand(took < std::chrono::seconds(5),
                  "goes on for 5 seconds after signal " + std::to_string(signal));
    trials.demand(
        result.exit_code == 128 + signal || result.exit_code == 0,
        "exit code " + std::to_string(result.exit_code) + " after signal " + std::to_string(signal));
    runs.demand_readable(run, trials, End::torn);
    runs.demand_resumed(run, trials);
  });
}

void kill_at_calls(Trials& trials) {
  const Runs runs;
  if (!Runs::kAvailable) return trials.skip("sanitizers cannot load the fault library");
  const ShortRun run = runs.short_run("regressor");
  std::vector<std::string> faults;
  for (const std::string& call : numbered(runs.calls_of(runs.command(run, "run"), trials), "run"))
    for (const char* action : {" kill", " kill_within", " kill_after"})
      if (action != std::string_view(" kill_within") || call.starts_with("write "))
        faults.push_back(call + action + " run");
  for (const std::string& fault : trials.some_of(faults)) {
    trials.begin(fault);
    runs.clear();
    runs.run_to_end(runs.command(run), runs.with_fault(fault), trials);
    runs.demand_readable(run, trials, End::torn);
    runs.run_to_end(runs.command(run), runs.with_fault(fault), trials);  // the resume, too
    runs.demand_readable(run, trials, End::torn);
    runs.demand_resumed(run, trials);
  }
}

void kill_process_one(Trials& trials) {
  const Runs runs;
  const ShortRun run = runs.short_run("regressor");
  std::vector<std::string> command = {"/usr/bin/unshare", "--pid", "--fork", "--kill-child"};
  if (run_process({"/usr/bin/unshare", "--pid", "--fork", "/bin/true"}, {}).exit_code != 0)
    return trials.skip("this user cannot start a process 1");
  for (const std::string& word : runs.command(run)) command.push_back(word);
  for (int n = 0; n < trials.wanted(); ++n) {
    trials.begin("process 1, kill " + std::to_string(n));
    runs.clear();
    for (int kills = 0; kills < 3; ++kills) {
      Process process(command, runs.options);
      std::this_thread::sleep_for(run.duration * (n + 1) / (trials.wanted() + 1));
      process.send(SIGKILL);
      process.wait();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until its child is gone, and its lock
    }
    runs.demand_readable(run, trials, End::torn);
    runs.demand_resumed(run, trials);
  }
}

}  // namespace lenet::faults
