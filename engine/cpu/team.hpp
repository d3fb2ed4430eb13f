#pragma once

/// The team of OpenMP threads that oneDNN's primitives and our own loops run on. oneDNN builds a primitive
/// for the number of threads that it is told and computes wrong results, or waits for ever, on fewer. Limits
/// (OMP_THREAD_LIMIT), OMP_DYNAMIC and nested regions have OpenMP grant fewer than it was asked for, so the
/// number is measured.
namespace lenet::cpu {

/// Cores that this process may run on: containers, taskset and OMP_PLACES narrow them.
int usable_cores();

/// Returns how many threads OpenMP grants this thread when it is asked for `wanted`.
int granted_threads(int wanted);

/// Gives the calling thread a team of `threads`. Throws DeviceError if OpenMP grants another number.
void require_team(int threads);

}  // namespace lenet::cpu
