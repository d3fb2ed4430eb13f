#include "tools/cli/machine_load.hpp"

#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/support/catch.hpp"

using namespace lenet::cli;

namespace {

constexpr const char* kStat =
    "cpu  100 0 0 0 0 0 0 0 0 0\n"
    "cpu0 10 20 30 400 50 1 2 3 7 7\n"
    "cpu1 1000 0 0 1 0 0 0 0 0 0\n"
    "cpu12 5 0 0 6\n"
    "intr 1 2 3\n"
    "cpu_of_the_future\n";

/// A process that uses a core.
struct Spinner {
  pid_t process = fork();
  Spinner() {
    if (process == 0)
      for (volatile long i = 0;;) i = i + 1;
  }
  ~Spinner() {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
};

}  // namespace

TEST_CASE("the time of each core is what /proc/stat says", "[load]") {
  const auto of = [](int wanted) { return parse_cpu_times(kStat, [&](int core) { return core == wanted; }); };
  CHECK(of(0).busy == 66);  // without idling and waiting for disks; guests count as users already
  CHECK(of(0).total == 516);
  CHECK(of(12).busy == 5);  // an old kernel
  CHECK(of(12).total == 11);
  CHECK(of(3).total == 0);
  CHECK(parse_cpu_times(kStat, [](int) { return true; }).total == 516 + 1001 + 11);
  CHECK(parse_cpu_times("", [](int) { return true; }).total == 0);
}

TEST_CASE("other programs show", "[load]") {
  const MachineLoad load;
  const Spinner spinner;
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  CHECK(load.share_of_others() > 0);
  CHECK(load.share_of_others() <= 1);
}
