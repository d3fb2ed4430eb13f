#include "engine/cpu/cpu_backend.hpp"

#include <algorithm>
#include <dnnl.h>
#include <fstream>
#include <string>

#include "engine/core/error.hpp"
#include "engine/cpu/program.hpp"
#include "engine/cpu/team.hpp"

namespace lenet::cpu {
namespace {

/// Returns the processor's name from /proc/cpuinfo, without padding.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::string name = line.substr(line.find(':') + 1);
    const std::size_t first = name.find_first_not_of(' ');
    return first == std::string::npos ? "CPU" : name.substr(first, name.find_last_not_of(' ') - first + 1);
  }
  return "CPU";
}

/// Returns the name of the instruction set that the loops of parallel.hpp use on this processor.
const char* instruction_set() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f")) return "AVX-512";
  if (__builtin_cpu_supports("avx2")) return "AVX2";
#endif
  return "baseline";
}

class CpuBackend : public Backend {
 public:
  explicit CpuBackend(int threads) : threads_(threads) {}

  DeviceInfo info() const override {
    const dnnl_version_t* const version = dnnl_version();
    return {.name = "cpu",
            .description = processor_name() + ", " + std::to_string(threads_) +
                           (threads_ == 1 ? " thread, " : " threads, ") + instruction_set() + ", oneDNN " +
                           std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                           std::to_string(version->patch),
            .on_host = true};
  }

  std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) override {
    if (options.precision != Precision::fp32)
      throw UsageError("the CPU computes in fp32 only: leave --precision out, or name another --device");
    if (options.training && options.training->batch < 1)
      throw UsageError("the batch must hold at least one sample");
    try {
      return std::make_unique<CpuProgram>(graph, options, threads_);
    } catch (const dnnl::error& error) {
      throw DeviceError(std::string("oneDNN cannot compile this graph: ") + error.what());
    }
  }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const CpuOptions& options) {
  if (options.threads < 0) throw UsageError("the number of threads cannot be negative");
  // OpenMP's threads spin at barriers: with more threads than cores a step would take a hundred times as
  // long.
  const int cores = usable_cores();
  return std::make_unique<CpuBackend>(
      granted_threads(options.threads > 0 ? std::min(options.threads, cores) : cores));
}

}  // namespace lenet::cpu
