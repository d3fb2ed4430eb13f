#include "tools/cli/machine_load.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <sstream>
#include <sys/times.h>

namespace lenet::cli {
namespace {

CpuTimes times_of_own_cores() {
  std::ifstream file("/proc/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return {};
  return parse_cpu_times(stat, [&](int core) { return core < CPU_SETSIZE && CPU_ISSET(core, &cores); });
}

double own_time() {
  tms used{};
  times(&used);
  return static_cast<double>(used.tms_utime + used.tms_stime);
}

}  // namespace

CpuTimes parse_cpu_times(const std::string& stat, const std::function<bool(int core)>& counts) {
  constexpr int kFields = 8;  // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user
  constexpr int kIdle = 3, kWaiting = 4;
  CpuTimes sum;
  std::istringstream lines(stat);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    int core = -1;
    if (std::sscanf(name.c_str(), "cpu%d", &core) != 1 || !counts(core)) continue;  // "cpu": all of them
    double ticks = 0;
    for (int field = 0; field < kFields && words >> ticks; ++field) {
      sum.total += ticks;
      if (field != kIdle && field != kWaiting) sum.busy += ticks;
    }
  }
  return sum;
}

MachineLoad::MachineLoad() : begin_(times_of_own_cores()), own_begin_(own_time()) {}

double MachineLoad::share_of_others() const {
  const CpuTimes now = times_of_own_cores();
  const double total = now.total - begin_.total;
  if (!(total > 0)) return 0;
  return std::clamp((now.busy - begin_.busy - (own_time() - own_begin_)) / total, 0.0, 1.0);
}

}  // namespace lenet::cli
