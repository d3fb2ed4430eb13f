#include "tests/faults/harness/runs.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "engine/io/checkpoint.hpp"
#include "engine/io/metrics_table.hpp"
#include "engine/tensorboard/event_file.hpp"
#include "models/models.hpp"
#include "tests/support/run_content.hpp"
#include "tools/cli/train_options.hpp"
#include "tools/cli/training_machines.hpp"

namespace lenet::faults {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::seconds kLongPatience{120};  // for runs without faults on a busy machine

std::optional<std::string> damage_in_metrics(const fs::path& file, End end) {
  std::string content = read_all(file);
  if (end == End::torn) content.resize(content.rfind('\n') + 1);  // npos + 1 is 0
  if (!content.empty() && content.back() != '\n') return "metrics.csv ends within a row";
  std::istringstream lines(content);
  int number = 0;
  for (std::string line; std::getline(lines, line); ++number)
    if (number > 0 && !io::parse_metrics_row(line)) return "metrics.csv has the row '" + line + "'";
  return std::nullopt;
}

/// Returns whether these bytes are the beginning of a record, of which `whole_records` finds nothing.
bool is_torn_record(std::string_view bytes) {
  if (bytes.size() < tensorboard::kFrameBytes) return true;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  return length + tensorboard::kFrameBytes > bytes.size();
}

std::optional<std::string> damage_in_events(const fs::path& folder, End end) {
  for (const fs::path& file : tensorboard::event_files(folder)) {
    const std::string bytes = read_all(file);
    std::size_t whole = 0;
    for (const std::string_view record : tensorboard::whole_records(bytes))
      whole += record.size() + tensorboard::kFrameBytes;
    if (whole == bytes.size()) continue;
    if (end == End::whole || !is_torn_record(std::string_view(bytes).substr(whole)))
      return fmt::format("{} has {} bytes after its last whole record", file.filename().string(),
                         bytes.size() - whole);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> damage_in(const fs::path& run, const std::string& model, End end) {
  try {
    const Model built = models::make_model(model, {});
    for (const char* name : {"best.bin", "last.bin"})
      if (fs::exists(run / name)) io::load_checkpoint(run / name, built.graph);
    if (fs::exists(run / "config.toml")) cli::options_in_file((run / "config.toml").string());
    if (fs::exists(run / "machine.json") && cli::read_machines(run).empty())
      return "machine.json cannot be read";
    if (fs::exists(run / "metrics.csv"))
      if (const auto damage = damage_in_metrics(run / "metrics.csv", end)) return damage;
    for (const fs::path& folder : {run, run / "train", run / "validation"})
      if (const auto damage = damage_in_events(folder, end)) return damage;
  } catch (const std::exception& error) {
    return error.what();
  }
  return std::nullopt;
}

std::vector<std::string> Runs::command(const ShortRun& run, const std::string& out) const {
  std::vector<std::string> words = tiny({"--model", run.model, "--out", out, "--resume-if-there"});
  words.insert(words.end(), run.length.begin(), run.length.end());
  return train_command(words);
}

ShortRun Runs::short_run(const std::string& model) const {
  ShortRun run{.model = model, .length = {"--batch", "50", "--epochs", "3"}};
  if (model == "cnn") run.length = {"--batch", "10", "--steps", "8"};
  const std::string out = "whole-" + model;
  const auto began = std::chrono::steady_clock::now();
  const ProcessResult result = run_process(command(run, out), options);
  run.duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (result.exit_code != 0) throw std::runtime_error("the undisturbed run failed: " + result.errors);
  run.whole = folder / out;
  return run;
}

ProcessResult Runs::end_of(Process& process, Trials& trials) const {
  if (!process.wait_until([&] { return !process.running(); }, kPatience)) {
    trials.demand(false, "goes on for 20 seconds");
    process.send(SIGKILL);
  }
  return process.wait();
}

ProcessResult Runs::run_to_end(const std::vector<std::string>& words, const ProcessOptions& with,
                               Trials& trials) const {
  Process process(words, with);
  return end_of(process, trials);
}

void Runs::demand_clean_end(const ProcessResult& result, Trials& trials, bool may_be_silent) const {
  if (result.exit_code == 0) return;
  trials.demand(result.exit_code <= 2,
                "exit code " + std::to_string(result.exit_code) + ", " + result.errors);
  if (may_be_silent && result.errors.empty()) return;
  trials.demand(cli::line_count(result.errors) >= 1, "fails without a word");
  trials.demand(cli::line_count(result.errors) <= 3, "fails in many lines: " + result.errors);
  for (const char* raw : {"filesystem error", "json.exception", "terminate called", "std::"})
    trials.demand(result.errors.find(raw) == std::string::npos, "raw text: " + result.errors);
}

void Runs::demand_readable(const ShortRun& run, Trials& trials, End end, const std::string& out) const {
  const auto damage = damage_in(folder / out, run.model, end);
  trials.demand(!damage, damage.value_or(""));
}

void Runs::demand_equal(const ShortRun& run, Trials& trials, const std::string& out) const {
  for (const char* name : {"best.bin", "last.bin", "metrics.csv"})
    trials.demand(run_content(run.whole / name) == run_content(folder / out / name),
                  std::string(name) + " is not that of the undisturbed run");
}

void Runs::demand_resumed(const ShortRun& run, Trials& trials, const std::string& out) const {
  Process process(command(run, out), options);
  process.wait_until([&] { return !process.running(); }, kLongPatience);
  if (process.running()) process.send(SIGKILL);
  const ProcessResult result = process.wait();
  trials.demand(result.exit_code == 0, "is not resumed: " + result.errors);
  demand_equal(run, trials, out);
  const auto damage = damage_in(folder / out, run.model, End::whole);
  trials.demand(!damage, "after the resume, " + damage.value_or(""));
}

std::vector<std::string> Runs::calls_of(const std::vector<std::string>& words, Trials& trials) const {
  fs::remove(folder / "calls");
  run_to_end(words, with_log("calls"), trials);
  std::ifstream log(folder / "calls");
  std::vector<std::string> calls;
  for (std::string line; std::getline(log, line);) calls.push_back(line);
  return calls;
}

}  // namespace lenet::faults
