#include "engine/cpu/team.hpp"

#include <algorithm>
#include <omp.h>
#include <string>

#include "engine/core/error.hpp"

namespace lenet::cpu {
namespace {

int team_size() {
  int threads = 1;
#pragma omp parallel
#pragma omp single
  threads = omp_get_num_threads();
  return threads;
}

/// Requests a number of threads for the calling thread; OpenMP keeps these settings per thread.
void ask_for(int threads) {
  omp_set_dynamic(0);
  omp_set_max_active_levels(std::max(1, omp_get_max_active_levels()));
  omp_set_num_threads(threads);
}

}  // namespace

// Does not use sched_getaffinity(): with OMP_PROC_BIND the calling thread is bound to one core.
int usable_cores() { return std::max(1, omp_get_num_procs()); }

int granted_threads(int wanted) {
  ask_for(wanted);
  return team_size();
}

void require_team(int threads) {
  const int granted = granted_threads(threads);
  if (granted != threads)
    throw DeviceError("OpenMP grants " + std::to_string(granted) + " of the " + std::to_string(threads) +
                      " threads that this network was compiled for: do not change OpenMP's settings while it "
                      "runs");
}

}  // namespace lenet::cpu
