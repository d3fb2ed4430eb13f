#include "engine/cpu/cpu_backend.hpp"

#include <fstream>
#include <string>

#include "engine/core/error.hpp"
#include "engine/cpu/cores.hpp"
#include "engine/cpu/program.hpp"
#include "engine/cpu/simd/kernels.hpp"

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

class CpuBackend : public Backend {
 public:
  explicit CpuBackend(int threads) : kernels_(select_kernels()), threads_(threads) {}

  DeviceInfo info() const override {
    return {.name = "cpu",
            .description = processor_name() + ", " + std::to_string(threads_) +
                           (threads_ == 1 ? " thread, " : " threads, ") + kernels_.name,
            .on_host = true};
  }

  std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) override {
    if (options.precision != Precision::fp32)
      throw UsageError("the CPU computes in fp32 only: leave --precision out, or name another --device");
    if (options.training && options.training->batch < 1)
      throw UsageError("the batch must hold at least one sample");
    return std::make_unique<CpuProgram>(graph, options, kernels_, threads_);
  }

 private:
  const Kernels& kernels_;
  int threads_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const CpuOptions& options) {
  if (options.threads < 0) throw UsageError("the number of threads cannot be negative");
  return std::make_unique<CpuBackend>(thread_count(options.threads));
}

}  // namespace lenet::cpu
