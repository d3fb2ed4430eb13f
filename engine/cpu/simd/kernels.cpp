#include "engine/cpu/simd/kernels.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/core/error.hpp"
#include "engine/cpu/simd/tables.hpp"

namespace lenet::cpu {
namespace {

/// An instruction set: the value of LENET_CPU_ISA, whether this processor has it, and its kernels.
struct InstructionSet {
  std::string_view name;
  bool available;
  const Kernels& (*kernels)();
};

/// Whether the processor, and the system under it, have the instructions of x86-64-v3.
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

/// Whether they have those of x86-64-v4.
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

}  // namespace

const Kernels& select_kernels() {
  const InstructionSet sets[] = {{"avx512", has_avx512(), avx512_kernels},
                                 {"avx2", has_avx2(), avx2_kernels},
                                 {"baseline", true, baseline_kernels}};
  const char* const variable = std::getenv("LENET_CPU_ISA");
  const std::string_view wanted = variable ? variable : "";
  for (const InstructionSet& set : sets) {
    if (wanted.empty() ? set.available : set.name == wanted) {
      if (set.available) return set.kernels();
      throw UsageError("LENET_CPU_ISA=" + std::string(wanted) + ": this processor has no such instructions");
    }
  }
  throw UsageError("LENET_CPU_ISA=" + std::string(wanted) + ": expected avx512, avx2 or baseline");
}

}  // namespace lenet::cpu
