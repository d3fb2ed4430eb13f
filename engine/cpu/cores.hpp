#pragma once

#include <filesystem>

/// The number of threads that a step may use.
namespace lenet::cpu {

/// Returns the CPU time that this process's control groups grant it, in cores: the smallest quota of its
/// group and of the groups around it, rounded down but at least 1; 0 if there is no quota. Understands
/// versions 1 and 2. `root` is the root of the file system; tests pass another one.
int quota_of_cores(const std::filesystem::path& root = "/");

/// Returns the number of cores that this process may run on: those of its affinity mask, as far as its quota
/// goes. At least 1.
int usable_cores();

/// Returns the number of threads to use: `wanted` if it is positive, else OMP_NUM_THREADS if that is set to a
/// number, else usable_cores().
int thread_count(int wanted);

}  // namespace lenet::cpu
