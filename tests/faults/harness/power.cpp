// Files as after a power cut: the system had written none, some or zeros of what was not flushed.
#include <fstream>
#include <map>
#include <sstream>

#include "tests/faults/harness/runs.hpp"

namespace lenet::faults {
namespace {

/// The files that were written to, under their last names, and how many of their bytes are on the disk.
using Flushed = std::map<fs::path, std::uintmax_t>;

Flushed flushed_sizes(const std::vector<std::string>& calls, const fs::path& folder) {
  Flushed files;
  fs::path renamed;
  for (const std::string& line : calls) {
    std::istringstream words(line);
    std::string call;
    std::uintmax_t size = 0;
    words >> call;
    if (call == "flushed") words >> size;
    std::string path;
    std::getline(words >> std::ws, path);
    const fs::path file = (folder / path).lexically_normal();
    if (call == "write") files.try_emplace(file, 0);
    if (call == "flushed" && files.contains(file)) files[file] = size;
    if (call == "rename_from") renamed = file;
    if (call == "rename" && files.contains(renamed)) {
      files[file] = files[renamed];
      files.erase(renamed);
    }
  }
  return files;
}

enum class Damage { cut, emptied, zeroed };

/// Damages what is not on the disk.
void damage(const fs::path& file, std::uintmax_t flushed, Damage kind) {
  const auto size = fs::file_size(file);
  if (kind == Damage::cut) return fs::resize_file(file, flushed + (size - flushed) / 2);
  fs::resize_file(file, flushed);
  if (kind == Damage::zeroed) fs::resize_file(file, size);
}

}  // namespace

void cut_power(Trials& trials) {
  const Runs runs;
  if (!Runs::kAvailable) return trials.skip("sanitizers cannot load the fault library");
  const ShortRun run = runs.short_run("regressor");
  const fs::path here = fs::canonical(runs.folder.path());
  int writes = 0;
  for (const std::string& call : runs.calls_of(runs.command(run, "run"), trials))
    writes += call.starts_with("write ") && call.find("/run/") != std::string::npos;
  std::vector<std::pair<int, Damage>> faults;
  for (int n = 1; n <= writes; ++n)
    for (const Damage kind : {Damage::cut, Damage::emptied, Damage::zeroed}) faults.emplace_back(n, kind);
  for (const auto& [n, kind] : trials.some_of(faults)) {
    trials.begin("write " + std::to_string(n) + ", damage " + std::to_string(static_cast<int>(kind)));
    runs.clear();
    fs::remove(runs.folder / "calls");
    ProcessOptions options = runs.with_fault("write " + std::to_string(n) + " kill_after /run/");
    options.environment["FAULT_LOG"] = (runs.folder / "calls").string();
    runs.run_to_end(runs.command(run), options, trials);
    std::ifstream log(runs.folder / "calls");
    std::vector<std::string> calls;
    for (std::string line; std::getline(log, line);) calls.push_back(line);
    for (const auto& [file, flushed] : flushed_sizes(calls, here)) {
      if (!file.string().starts_with((here / "run").string()) || !fs::exists(file)) continue;
      if (fs::file_size(file) <= flushed) continue;
      const std::string name = file.filename().string();
      trials.demand(
          name != "best.bin" && name != "last.bin" && name != "config.toml" && name != "machine.json",
          name + " was not flushed");
      damage(file, flushed, kind);
    }
    runs.demand_resumed(run, trials);
  }
}

}  // namespace lenet::faults
