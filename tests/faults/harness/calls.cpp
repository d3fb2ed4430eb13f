// Every n-th system call fails, with every error that it may have.
#include <array>
#include <map>
#include <optional>

#include "data/mnist.hpp"
#include "engine/core/error.hpp"
#include "tests/faults/harness/runs.hpp"

namespace lenet::faults {
namespace {

std::vector<std::string> errors_of(const std::string& call) {
  static const std::map<std::string, std::vector<std::string>> errors = {
      {"open", {"EIO", "EINTR", "EMFILE", "EACCES", "ENOSPC", "EDQUOT"}},
      {"read", {"EIO", "EINTR"}},
      {"write", {"ENOSPC", "EIO", "EDQUOT", "EINTR", "half"}},
      {"fsync", {"EIO", "ENOSPC", "EDQUOT", "EINTR"}},
      {"ftruncate", {"EIO", "EINTR"}},
      {"close", {"EIO", "EINTR", "ENOSPC", "EDQUOT"}},
      {"rename", {"EACCES", "EIO", "ENOSPC", "EDQUOT"}},
      {"unlink", {"EACCES", "EIO"}},
      {"mkdir", {"EACCES", "ENOSPC", "EDQUOT", "EIO"}},
      {"flock", {"EINTR", "ENOLCK", "EIO"}},
      {"thread", {"EAGAIN", "ENOMEM"}},
  };
  const auto found = errors.find(call);
  return found == errors.end() ? std::vector<std::string>{} : found->second;
}

/// Returns every fault of a program that makes these calls: "write 3 ENOSPC", of any path.
std::vector<std::string> faults_of(const std::vector<std::string>& calls) {
  std::map<std::string, int> counts;
  std::vector<std::string> faults;
  for (const std::string& line : calls) {
    const std::string call = line.substr(0, line.find(' '));
    const int n = ++counts[call];
    for (const std::string& error : errors_of(call))
      faults.push_back(call + " " + std::to_string(n) + " " + error);
  }
  return faults;
}

/// A failing write to the standard streams leaves no place for a message.
bool may_be_silent(const std::string& fault) { return fault.starts_with("write"); }

/// Tries each fault on the command that starts or resumes a run; `prepare` makes its folder.
template <class Prepare>
void fail_calls(Trials& trials, const Runs& runs, const ShortRun& run, const Prepare& prepare) {
  prepare();
  const std::vector<std::string> calls = runs.calls_of(runs.command(run), trials);
  for (const std::string& fault : trials.some_of(faults_of(calls))) {
    trials.begin(fault);
    prepare();
    const ProcessResult result = runs.run_to_end(runs.command(run), runs.with_fault(fault), trials);
    runs.demand_clean_end(result, trials, may_be_silent(fault));
    if (result.exit_code == 0) runs.demand_equal(run, trials);
    runs.demand_readable(run, trials, fault.ends_with("half") ? End::torn : End::whole);
    runs.demand_resumed(run, trials);
  }
}

}  // namespace

void fail_calls_of_runs(Trials& trials) {
  const Runs runs;
  if (!Runs::kAvailable) return trials.skip("sanitizers cannot load the fault library");
  const ShortRun run = runs.short_run("regressor");
  fail_calls(trials, runs, run, [&] { runs.clear(); });
}

void fail_calls_of_resumes(Trials& trials) {
  const Runs runs;
  if (!Runs::kAvailable) return trials.skip("sanitizers cannot load the fault library");
  const ShortRun run = runs.short_run("regressor");
  ShortRun half = run;
  half.length = {"--batch", "50", "--epochs", "2"};
  if (run_process(runs.command(half, "half"), runs.options).exit_code != 0)
    throw std::runtime_error("half a run failed");
  fail_calls(trials, runs, run, [&] {
    runs.clear();
    fs::copy(runs.folder / "half", runs.folder / "run", fs::copy_options::recursive);
  });
}

void fail_calls_of_loads(Trials& trials) {
  const Runs runs;
  if (!Runs::kAvailable) return trials.skip("sanitizers cannot load the fault library");
  const ShortRun run = runs.short_run("regressor");
  const std::vector<std::string> words = {
      LENET_EVAL_PROGRAM, "whole-regressor/best.bin", "--data", "data", "--device", "cpu", "--json"};
  const std::string right = run_process(words, runs.options).output;
  for (const std::string& fault : trials.some_of(faults_of(runs.calls_of(words, trials)))) {
    trials.begin(fault);
    const ProcessResult result = runs.run_to_end(words, runs.with_fault(fault), trials);
    runs.demand_clean_end(result, trials, may_be_silent(fault));
    trials.demand(result.exit_code != 0 || result.output == right, "prints a wrong result: " + result.output);
  }
}

void fail_calls_of_fetches(Trials& trials) {
  const Runs runs;
  if (!Runs::kAvailable) return trials.skip("sanitizers cannot load the fault library");
  std::string mirror;
  try {
    mirror = fs::canonical(data::find_mnist(std::nullopt)).string();
  } catch (const Error&) {
    return trials.skip("MNIST is not on this machine");
  }
  if (!fs::exists(fs::path(mirror) / "train-images-idx3-ubyte.gz"))
    return trials.skip("MNIST is not compressed on this machine");
  const auto fetch = [&](const char* to) -> std::vector<std::string> {
    return {LENET_DATA_PROGRAM, "fetch", "--out", to, "--mirror", "file://" + mirror};
  };
  const std::vector<std::string> calls = runs.calls_of(fetch("first"), trials);
  for (const std::string& fault : trials.some_of(faults_of(calls))) {
    trials.begin(fault);
    runs.clear("fetched");
    const ProcessResult result = runs.run_to_end(fetch("fetched"), runs.with_fault(fault), trials);
    trials.demand(result.exit_code <= 1,
                  "exit code " + std::to_string(result.exit_code) + ", " + result.errors);
    const ProcessResult again = runs.run_to_end(fetch("fetched"), runs.options, trials);
    trials.demand(again.exit_code == 0, "is not fetched afterwards: " + again.errors);
    const ProcessResult verified =
        runs.run_to_end({LENET_DATA_PROGRAM, "verify", "--data", "fetched"}, runs.options, trials);
    trials.demand(verified.exit_code == 0, "what was fetched is wrong: " + verified.output);
  }
}

}  // namespace lenet::faults
