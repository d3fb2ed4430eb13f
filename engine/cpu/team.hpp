#pragma once

/// The team of OpenMP threads that runs oneDNN's primitives and our own loops. oneDNN builds a primitive for
/// a given number of threads; run by fewer, it gives wrong results or hangs. OpenMP may grant fewer threads
/// than requested (OMP_THREAD_LIMIT, OMP_DYNAMIC, nested regions), so the number is measured.
namespace lenet::cpu {

/// Returns the number of cores that this process may run on, which containers, taskset and OMP_PLACES limit.
int usable_cores();

/// Returns the number of threads that OpenMP grants to the calling thread if it requests `wanted`.
int granted_threads(int wanted);

/// Gives the calling thread a team of `threads`. Throws DeviceError if OpenMP grants another number.
void require_team(int threads);

}  // namespace lenet::cpu
