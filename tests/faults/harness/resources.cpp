// Too little of something: memory, disk, descriptors, file size, processes.
#include <csignal>
#include <fstream>
#include <sys/mount.h>

#include "tests/faults/harness/runs.hpp"

namespace lenet::faults {
namespace {

/// The command in a shell that first lowers a limit.
std::vector<std::string> limited(const std::string& limit, const std::vector<std::string>& command) {
  std::vector<std::string> words = {"/bin/sh", "-c", "ulimit " + limit + " && exec \"$@\"", "sh"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

ProcessOptions with_failing_allocation(const Runs& runs, long n) {
  ProcessOptions options = runs.options;
  options.environment["LD_PRELOAD"] = LENET_FAULT_MEMORY_LIBRARY;
  options.environment["FAULT_ALLOCATION"] = std::to_string(n);
  options.environment["FAULT_ALLOCATIONS"] = (runs.folder / "allocations").string();
  return options;
}

/// A small file system in memory.
class SmallDisk {
 public:
  SmallDisk(fs::path folder, const std::string& size) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  explicit operator bool() const { return mounted_; }
  void grow() const { ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"); }

 private:
  fs::path folder_;
  bool mounted_ = false;
};
enum class MemoryEnd { clean, any };

/// Fails allocations of the first two steps. Whatever the end, nothing may be lost.
void fail_allocations(Trials& trials, const std::vector<std::string>& more, MemoryEnd demanded) {
  const Runs runs;
  ShortRun run{.model = "regressor", .length = {"--batch", "50", "--steps", "2"}};
  run.length.insert(run.length.end(), more.begin(), more.end());
  if (run_process(runs.command(run, "two"), with_failing_allocation(runs, 0)).exit_code != 0)
    throw std::runtime_error("two steps failed");
  run.whole = runs.folder / "two";
  long count = 0;
  std::ifstream(runs.folder / "allocations") >> count;
  std::vector<long> numbers;
  for (long n = 1; n <= count; ++n) numbers.push_back(n);
  for (const long n : trials.some_of(numbers)) {
    trials.begin("allocation " + std::to_string(n) + " of " + std::to_string(count));
    runs.clear();
    const ProcessResult result = runs.run_to_end(runs.command(run), with_failing_allocation(runs, n), trials);
    if (demanded == MemoryEnd::clean) runs.demand_clean_end(result, trials);
    if (result.exit_code == 0) runs.demand_equal(run, trials);
    runs.demand_readable(run, trials, End::whole);
    runs.demand_resumed(run, trials);
  }
}

}  // namespace

void fail_allocations(Trials& trials) {
  if (!Runs::kAvailable) return trials.skip("sanitizers have their own allocations");
  // Classes that protobuf generates crash in their destructors where memory ran out in their constructors.
  fail_allocations(trials, {"--no-tensorboard"}, MemoryEnd::clean);
  fail_allocations(trials, {}, MemoryEnd::any);
}

void fill_disks(Trials& trials) {
  const Runs runs;
  const ShortRun run = runs.short_run("regressor");
  for (int n = 0; n < trials.wanted(); ++n) {
    const int kilobytes = 4 + n * 200 / trials.wanted();  // a run takes some 120
    trials.begin("tmpfs of " + std::to_string(kilobytes) + " KB");
    const SmallDisk disk(runs.folder / "disk", std::to_string(kilobytes) + "k");
    if (!disk) return trials.skip("this user cannot mount a tmpfs");
    const ProcessResult result = runs.run_to_end(runs.command(run, "disk/run"), runs.options, trials);
    runs.demand_clean_end(result, trials);
    if (result.exit_code == 0) runs.demand_equal(run, trials, "disk/run");
    disk.grow();
    runs.demand_resumed(run, trials, "disk/run");
  }
}

void limit_resources(Trials& trials) {
  const Runs runs;
  const ShortRun run = runs.short_run("regressor");
  std::vector<std::string> limits;
  const int steps = std::max(1, trials.wanted() / 3);
  for (int n = 0; n < steps; ++n) {
    limits.push_back("-n " + std::to_string(3 + n * 30 / steps));              // descriptors
    limits.push_back("-f " + std::to_string(1 + n * 200 / steps));             // 512 bytes per file
    if (Runs::kAvailable)                                                      // sanitizers reserve terabytes
      limits.push_back("-v " + std::to_string(20'000 + n * 400'000 / steps));  // KB of addresses
  }
  for (const std::string& limit : limits) {
    trials.begin("ulimit " + limit);
    runs.clear();
    const ProcessResult result = runs.run_to_end(limited(limit, runs.command(run)), runs.options, trials);
    // With few descriptors or addresses the loader finds no library: it says so, and the code is 127.
    if (result.exit_code != 127) runs.demand_clean_end(result, trials);
    if (result.exit_code == 0) runs.demand_equal(run, trials);
    if (fs::exists(runs.folder / "run")) runs.demand_resumed(run, trials);
  }
}

void take_folders_away(Trials& trials) {
  const Runs runs;
  ShortRun run = runs.short_run("regressor");
  run.length = {"--batch", "10", "--epochs", "20000"};
  for (int n = 0; n < trials.wanted(); ++n) {
    const char* const names[] = {"removed", "replaced", "read-only"};
    trials.begin(std::string(names[n % 3]) + " " + std::to_string(n));
    runs.clear();
    runs.clear("moved");
    Process process(runs.command(run), runs.options);
    const fs::path folder = runs.folder / "run";
    process.wait_until([&] { return fs::exists(folder / "best.bin"); });
    if (n % 3 == 0) fs::remove_all(folder);
    if (n % 3 == 1) {
      fs::rename(folder, runs.folder / "moved");
      fs::create_directory(folder);
    }
    if (n % 3 == 2) fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
    // It may go on until it saves, and as root it writes where it may not.
    process.wait_until([&] { return !process.running(); }, std::chrono::seconds(2));
    process.send(SIGTERM);
    const ProcessResult result = runs.end_of(process, trials);
    if (result.exit_code != 128 + SIGTERM) runs.demand_clean_end(result, trials);
    trials.demand(n % 3 != 0 || result.exit_code != 0, "ends well without its folder");
    if (n % 3 == 1) runs.demand_readable(run, trials, End::whole, "moved");
    if (n % 3 == 2) fs::permissions(folder, fs::perms::owner_all);
    if (n % 3 == 2) runs.demand_readable(run, trials, End::whole);
  }
}

}  // namespace lenet::faults
