// Tries faults on the real programs and prints what was lost, in a table: fault, tries, lost.
//   fault_harness [--long] [FAULT …]
// Without a name it tries all of them. The exit code is 1 if anything was lost.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/faults/harness/trials.hpp"

namespace lenet::faults {
namespace {

constexpr std::array kFaults = {
    Fault{"kill", "readable; resumed bit for bit", kill_at_random, 6, 500},
    Fault{"kill-call", "the same, before, within and after calls", kill_at_calls, 16, 1000},
    Fault{"signal", "130 or 143 in 5 s; resumed bit for bit", signal_at_random, 6, 200},
    Fault{"power", "unflushed files cut, emptied, zeroed", cut_power, 10, 400},
    Fault{"process-1", "the same process number again", kill_process_one, 2, 20},
    Fault{"call-run", "one line, or done without", fail_calls_of_runs, 20, 2000},
    Fault{"call-resume", "the same for a resumed run", fail_calls_of_resumes, 20, 2000},
    Fault{"call-load", "the same for lenet_eval", fail_calls_of_loads, 10, 1000},
    Fault{"call-fetch", "the same for lenet_data fetch", fail_calls_of_fetches, 4, 300},
    Fault{"memory", "n-th allocation fails: one line", fail_allocations, 10, 3000},
    Fault{"disk", "a full tmpfs: one line, then resumed", fill_disks, 4, 40},
    Fault{"limits", "memory, files, sizes, processes", limit_resources, 10, 100},
    Fault{"streams", "closed, full, slow, non-blocking", break_streams, 10, 1000},
    Fault{"folders", "removed, replaced, read-only", take_folders_away, 3, 12},
    Fault{"machines", "clocks, locales, paths", use_odd_machines, 6, 60},
    Fault{"files", "refused in 1 s and 64 MB", read_hostile_files, 12, 1000},
    Fault{"long", "memory and descriptors are flat", train_long, 100, 1000},
    Fault{"together", "runs side by side share folders", train_side_by_side, 4, 20},
    Fault{"evaluate", "memory and descriptors are flat", evaluate_often, 2000, 100'000},
};

/// Tries a fault and prints its row. Returns whether nothing was lost.
bool try_fault_here(const Fault& fault, bool is_long) {
  const auto began = std::chrono::steady_clock::now();
  Trials trials(is_long ? fault.long_tries : fault.short_tries);
  try {
    fault.run(trials);
  } catch (const std::exception& error) {
    trials.begin("the harness itself");
    trials.demand(false, error.what());
  }
  if (trials.tries() == 0 && trials.skipped().empty()) {
    trials.begin("the harness itself");
    trials.demand(false, "found nothing to try");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%-12s %6d %6d %7.1f  %s\n", std::string(fault.name).c_str(), trials.tries(), trials.lost(),
              took.count(), std::string(fault.claim).c_str());
  if (!trials.skipped().empty()) std::printf("    skipped: %s\n", trials.skipped().c_str());
  for (const std::string& loss : trials.losses()) std::printf("    lost: %s\n", loss.c_str());
  std::fflush(stdout);
  return trials.lost() == 0;
}

/// Does it in a process of its own: a program's peak of memory counts from that of the process that started
/// it.
bool try_fault(const Fault& fault, bool is_long) {
  const int process = ::fork();
  if (process == 0) ::_exit(try_fault_here(fault, is_long) ? 0 : 1);
  int status = -1;
  ::waitpid(process, &status, 0);
  if (WIFEXITED(status)) return WEXITSTATUS(status) == 0;
  std::printf("%s: the harness was killed by signal %d\n", std::string(fault.name).c_str(), WTERMSIG(status));
  return false;
}

int run(std::vector<std::string_view> names) {
  const bool is_long = std::erase(names, "--long") > 0;
  for (const std::string_view name : names)
    if (std::ranges::find(kFaults, name, &Fault::name) == kFaults.end()) {
      std::fprintf(stderr, "fault_harness: unknown fault '%s'\n", std::string(name).c_str());
      return 2;
    }
  std::printf("%-12s %6s %6s %7s  %s\n", "fault", "tries", "lost", "seconds", "claim");
  std::fflush(stdout);
  bool all_kept = true;
  for (const Fault& fault : kFaults)
    if (names.empty() || std::ranges::find(names, fault.name) != names.end())
      all_kept &= try_fault(fault, is_long);
  return all_kept ? 0 : 1;
}

}  // namespace
}  // namespace lenet::faults

int main(int argc, char** argv) { return lenet::faults::run({argv + 1, argv + argc}); }
