// Machines that are set up strangely: standard streams, clocks, locales, paths.
#include <array>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include "tests/faults/harness/runs.hpp"

namespace lenet::faults {
namespace {

/// A pipe that is full, does not wait and is read slowly, as descriptor 9, which programs started from here
/// inherit.
class SlowPipe {
 public:
  SlowPipe() {
    if (::pipe2(ends_.data(), O_NONBLOCK) != 0 || ::dup2(ends_[1], 9) != 9)
      throw std::runtime_error("no pipe");
    while (::write(9, bytes_.data(), bytes_.size()) > 0) {
    }
    reader_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        [[maybe_unused]] const auto got = ::read(ends_[0], bytes_.data(), bytes_.size());
      }
    });
  }
  ~SlowPipe() {
    reader_ = {};
    for (const int end : {ends_[0], ends_[1], 9}) ::close(end);
  }
  SlowPipe(const SlowPipe&) = delete;
  SlowPipe& operator=(const SlowPipe&) = delete;

 private:
  std::array<int, 2> ends_{};
  std::array<char, 4096> bytes_{};
  std::jthread reader_;
};

std::vector<std::string> in_shell(const std::string& script, const std::vector<std::string>& command) {
  std::vector<std::string> words = {"/bin/sh", "-c", script, "sh"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

struct Machine {
  std::string name;
  std::string out = "run";
  std::map<std::string, std::string> environment = {};
};

std::vector<Machine> odd_machines() {
  std::vector<Machine> machines;
  for (const char* locale : {"C", "de_DE.UTF-8", "tr_TR.UTF-8", "ar_SA.UTF-8", "xx_YY", ""})
    machines.push_back(
        {.name = "locale " + std::string(locale), .environment = {{"LC_ALL", locale}, {"LANG", locale}}});
  using namespace std::string_literals;
  for (const std::string& path :
       {"a b"s, "ümläut"s, "\xff\xfe"s, "-out"s, "'"s, "\""s, "$(x)"s, "%s%n"s, "a\tb"s, "a\nb"s, "run.bin"s,
        "./x/../run/"s, std::string(200, 'p'), "*"s, "file:"s, "events.out.tfevents."s})
    machines.push_back({.name = "path " + path, .out = "odd/" + path});
  for (const char* variable : {"HOME", "TMPDIR", "XDG_CACHE_HOME", "TERM", "COLUMNS"})
    for (const char* value : {"", "/nonexistent", "\xff", "-1"})
      machines.push_back({.name = std::string(variable) + "=" + value, .environment = {{variable, value}}});
  if (!Runs::kAvailable) return machines;
  for (const char* clock : {"-1", "0", "2147483648", "4294967296", "253402300800", "jumps"})
    machines.push_back({.name = "clock " + std::string(clock),
                        .environment = {{"LD_PRELOAD", Runs::kLibrary}, {"FAULT_CLOCK", clock}}});
  return machines;
}

}  // namespace

void break_streams(Trials& trials) {
  const Runs runs;
  const ShortRun run = runs.short_run("regressor");
  const SlowPipe pipe;
  std::vector<std::string> scripts;
  for (const char* in : {"", " <&-", " </dev/full", " <."})
    for (const char* out : {"", " >&-", " >/dev/full", " >&9", " | true", " | (sleep 0.2; cat >/dev/null)"})
      for (const char* errors : {"", " 2>&-", " 2>/dev/full", " 2>&9"})
        scripts.push_back("{ \"$@\"" + std::string(in) + errors + "; echo $? >code; }" + out);
  for (const std::string& script : trials.some_of(scripts)) {
    trials.begin(script);
    runs.clear();
    fs::remove(runs.folder / "code");
    const auto words = in_shell(script, runs.command(run));
    runs.run_to_end(words, runs.options, trials);
    int code = -1;
    Process waiting({"/bin/sleep", "20"}, {});  // a pipeline ends with its last program
    waiting.wait_until([&] { return (std::ifstream(runs.folder / "code") >> code, code >= 0); });
    trials.demand(code == 0 || code == 1 || code == 141, "exit code " + std::to_string(code));
    runs.demand_readable(run, trials, End::whole);
    runs.demand_resumed(run, trials);
  }
}

void use_odd_machines(Trials& trials) {
  const Runs runs;
  const ShortRun run = runs.short_run("regressor");
  for (const Machine& machine : trials.some_of(odd_machines())) {
    trials.begin(machine.name);
    runs.clear();
    ProcessOptions options = runs.options;
    for (const auto& [name, value] : machine.environment) options.environment[name] = value;
    for (int times = 0; times < 2; ++times) {
      const ProcessResult result = runs.run_to_end(runs.command(run, machine.out), options, trials);
      trials.demand(result.exit_code == 0, "fails: " + result.errors);
    }
    runs.demand_readable(run, trials, End::whole, machine.out);
    runs.demand_equal(run, trials, machine.out);
  }
}

}  // namespace lenet::faults
