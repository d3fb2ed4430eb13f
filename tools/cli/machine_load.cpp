#include "tools/cli/machine_load.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <string_view>
#include <sys/times.h>
#include <vector>

#include "engine/core/number.hpp"
#include "engine/core/text.hpp"

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
  constexpr std::size_t kFields =
      8;  // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user
  constexpr std::size_t kIdle = 3, kWaiting = 4;
  CpuTimes sum;
  for (const std::string_view line : lines_of(stat)) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty() || !words[0].starts_with("cpu")) continue;
    const auto core = parse_number<int>(words[0].substr(3));  // none in "cpu", which is all of them
    if (!core || !counts(*core)) continue;
    for (std::size_t field = 0; field < kFields && field + 1 < words.size(); ++field) {
      const double ticks = parse_number<double>(words[field + 1]).value_or(0);
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
