#include "tests/support/backends.hpp"

#include "engine/cuda/program.hpp"
#include "tests/kernels/simulator/runtime.hpp"

// Stands in for tests/support/backends.cpp: the tests of every backend run on the CUDA backend's own source
// over the simulator, at each timing of its streams.
namespace lenet {
namespace {

class SimulatedBackend : public Backend {
 public:
  explicit SimulatedBackend(simulator::Timing timing) : timing_(timing) {}
  DeviceInfo info() const override { return {.name = "cuda:0", .description = "a simulated GPU"}; }
  std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) override {
    simulator::use(timing_);
    return std::make_unique<cuda::CudaProgram>(0, graph, options);
  }

 private:
  simulator::Timing timing_;
};

std::vector<TestBackend> all() {
  using simulator::Timing;
  std::vector<TestBackend> backends;
  backends.push_back({"simulated GPU, eager", std::make_unique<SimulatedBackend>(Timing::eager)});
  backends.push_back({"simulated GPU, lazy", std::make_unique<SimulatedBackend>(Timing::lazy)});
  backends.push_back({"simulated GPU, shuffled", std::make_unique<SimulatedBackend>(Timing::shuffled)});
  return backends;
}

}  // namespace

std::vector<TestBackend>& available_backends() {
  static std::vector<TestBackend> backends = all();
  return backends;
}

}  // namespace lenet
