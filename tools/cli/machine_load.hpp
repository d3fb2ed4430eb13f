#pragma once

#include <functional>
#include <string>

namespace lenet::cli {

/// CPU time in ticks since the machine started.
struct CpuTimes {
  double busy = 0;   ///< of all programs, and what the hypervisor took
  double total = 0;  ///< busy or idle, over all cores that count
};

/// Adds up the lines of /proc/stat of the cores for which `counts(core)` holds.
CpuTimes parse_cpu_times(const std::string& stat, const std::function<bool(int core)>& counts);

/// Measures the load that other programs put on the cores that this process may use.
class MachineLoad {
 public:
  /// Begins to observe.
  MachineLoad();
  /// Returns the share of the cores' time since then that others had, from 0 to 1; 0 where the system does
  /// not tell.
  double share_of_others() const;

 private:
  CpuTimes begin_;
  double own_begin_;  ///< CPU time of this process, in ticks
};

}  // namespace lenet::cli
