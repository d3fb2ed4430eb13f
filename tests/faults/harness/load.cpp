// Long runs, many runs, many evaluations: memory and descriptors stay as they were.
#include <algorithm>
#include <fstream>
#include <memory>
#include <unistd.h>
#include <vector>

#include "data/mnist.hpp"
#include "engine/device/devices.hpp"
#include "engine/train/evaluation.hpp"
#include "models/models.hpp"
#include "tests/faults/harness/runs.hpp"

namespace lenet::faults {
namespace {

struct Usage {
  long resident_kib = 0;
  long descriptors = 0;
};

Usage usage_of(int process) {
  const fs::path folder = fs::path("/proc") / std::to_string(process);
  Usage usage;
  long pages = 0;
  std::ifstream(folder / "statm") >> pages >> pages;  // the second number
  usage.resident_kib = pages * ::sysconf(_SC_PAGESIZE) / 1024;
  std::error_code ignored;  // the process may end
  for (fs::directory_iterator entry(folder / "fd", ignored), end; !ignored && entry != end;
       entry.increment(ignored))
    ++usage.descriptors;
  return usage;
}

void demand_flat(long before_kib, long after_kib, Trials& trials) {
  trials.demand(after_kib <= before_kib + before_kib / 100, "memory went from " + std::to_string(before_kib) +
                                                                " to " + std::to_string(after_kib) + " KiB");
}

void demand_same_descriptors(long before, long after, Trials& trials) {
  trials.demand(after <= before,
                "descriptors went from " + std::to_string(before) + " to " + std::to_string(after));
}

/// Returns the least usage in a part of a run: what is taken for a moment does not count.
Usage least(const std::vector<Usage>& samples, std::size_t begin, std::size_t end) {
  Usage usage = samples[begin];
  for (std::size_t i = begin; i < end; ++i) {
    usage.resident_kib = std::min(usage.resident_kib, samples[i].resident_kib);
    usage.descriptors = std::min(usage.descriptors, samples[i].descriptors);
  }
  return usage;
}

}  // namespace

/// `wanted` is the number of epochs.
void train_long(Trials& trials) {
  if (!Runs::kAvailable) return trials.skip("sanitizers keep freed memory");
  const Runs runs;
  trials.begin(std::to_string(trials.wanted()) + " epochs");
  const ShortRun run{.model = "regressor",
                     .length = {"--batch", "50", "--epochs", std::to_string(trials.wanted())}};
  Process process(runs.command(run), runs.options);
  process.wait_until([&] { return cli::line_count(runs.file("run/metrics.csv")) > 5; });
  std::vector<Usage> samples;
  process.wait_until(
      [&] {
        if (const Usage now = usage_of(process.id()); process.running() && now.resident_kib > 0)
          samples.push_back(now);
        return false;
      },
      std::chrono::minutes(10));
  trials.demand(process.wait().exit_code == 0, "fails");
  runs.demand_readable(run, trials, End::whole);
  const std::size_t count = samples.size();
  if (!trials.demand(count >= 8, "is too short to be watched")) return;
  const Usage early = least(samples, count / 4, count / 2), late = least(samples, count * 3 / 4, count - 1);
  demand_flat(early.resident_kib, late.resident_kib, trials);
  demand_same_descriptors(early.descriptors, late.descriptors, trials);
}

void train_side_by_side(Trials& trials) {
  const Runs runs;
  const ShortRun run = runs.short_run("regressor");
  std::vector<std::string> words = runs.tiny({"--model", "regressor"});
  words.insert(words.end(), run.length.begin(), run.length.end());
  std::vector<std::unique_ptr<Process>> processes;
  for (int n = 0; n < trials.wanted(); ++n)
    processes.push_back(std::make_unique<Process>(runs.train_command(words), runs.options));
  int n = 0;
  for (const auto& process : processes) {
    const std::string out = "runs/regressor-" + std::to_string(++n);
    trials.begin(out);
    const ProcessResult result = process->wait();
    trials.demand(result.exit_code == 0, "fails: " + result.errors);
  }
  for (n = 1; n <= trials.wanted(); ++n)
    runs.demand_equal(run, trials, "runs/regressor-" + std::to_string(n));
}

/// `wanted` is the number of evaluations.
void evaluate_often(Trials& trials) {
  if (!Runs::kAvailable) return trials.skip("sanitizers keep freed memory");
  const Runs runs;
  trials.begin(std::to_string(trials.wanted()) + " evaluations");
  const data::Dataset digits = data::load_mnist_test((runs.folder / "data").string());
  const device::OpenedBackend opened = device::open_backend(device::parse_device("cpu"), {.threads = 1});
  const Model model = models::make_model("regressor", {});
  const std::unique_ptr<Program> program = opened.backend->compile(model.graph, {});
  const auto evaluate = [&] { return train::evaluate(*program, digits.test_split()); };
  const double loss = evaluate().loss();
  Usage early;
  for (int n = 0; n < 10; ++n) {  // the first look takes memory, too
    evaluate();
    early = usage_of(::getpid());
  }
  for (int n = 0; n < trials.wanted(); ++n)
    if (!trials.demand(evaluate().loss() == loss, "evaluation " + std::to_string(n) + " differs")) break;
  const Usage late = usage_of(::getpid());
  demand_flat(early.resident_kib, late.resident_kib, trials);
  demand_same_descriptors(early.descriptors, late.descriptors, trials);
}

}  // namespace lenet::faults
