#include "engine/cuda/gemm.hpp"

#include <algorithm>
#include <cstring>

#include "tests/cuda/simulated/elements.hpp"

// Stands in for engine/cuda/gemm.cpp, and for cuBLASLt, where the backend runs on the simulator.
namespace lenet::cuda {

struct GemmDevice::State {
  cudaStream_t stream = nullptr;
};

GemmDevice::GemmDevice(cudaStream_t stream) : state_(std::make_shared<State>()) { state_->stream = stream; }
GemmDevice::~GemmDevice() = default;

namespace {

constexpr std::size_t kWorkspace = 100;

void multiply(const GemmShape& shape, const GemmArgs& args) {
  std::memset(args.workspace, 0xFF, kWorkspace);
  for (std::int64_t i = 0; i < shape.m; ++i)
    for (std::int64_t j = 0; j < shape.n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < shape.k; ++l)
        sum += static_cast<double>(
                   read(args.a, shape.transpose_a ? l * shape.m + i : i * shape.k + l, shape.input)) *
               static_cast<double>(
                   read(args.b, shape.transpose_b ? j * shape.k + l : l * shape.n + j, shape.input));
      if (shape.epilogue != Epilogue::none) sum += static_cast<double>(read(args.bias, j, shape.output));
      if (shape.epilogue == Epilogue::bias_relu) sum = std::max(sum, 0.0);
      write(args.out, i * shape.n + j, shape.output, sum);
    }
}

class SimulatedGemm : public Gemm {
 public:
  SimulatedGemm(const GemmShape& shape, cudaStream_t stream) : shape_(shape), stream_(stream) {}
  std::size_t workspace_bytes() const override { return kWorkspace; }
  void run(const GemmArgs& args) const override {
    simulator::enqueue(stream_, [shape = shape_, args] { multiply(shape, args); });
  }

 private:
  GemmShape shape_;
  cudaStream_t stream_;
};

}  // namespace

std::unique_ptr<Gemm> GemmDevice::plan(const GemmShape& shape, const MathOptions&) const {
  return std::make_unique<SimulatedGemm>(shape, state_->stream);
}

}  // namespace lenet::cuda
