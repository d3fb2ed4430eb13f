#include "engine/cuda/backend.hpp"

#include "engine/core/error.hpp"
#include "engine/cuda/program.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/device.hpp"

namespace lenet::cuda {
namespace {

class CudaBackend : public Backend {
 public:
  explicit CudaBackend(int index) : index_(index), info_(open_device(index)) {}

  DeviceInfo info() const override { return info_; }

  std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) override {
    refuse_precision(options.precision);
    LENET_CHECK(cudaSetDevice(index_));
    return std::make_unique<CudaProgram>(index_, graph, options);
  }

 private:
  void refuse_precision(Precision precision) const {
    if (precision == Precision::fp32 || compute_capability(index_).major >= 8) return;
    throw DeviceError(info_.name + " has no tensor cores for " +
                      (precision == Precision::tf32 ? "TF32" : "bf16") +
                      ", which came with compute capability 8.0: use --precision fp32");
  }

  int index_;
  DeviceInfo info_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(int index) { return std::make_unique<CudaBackend>(index); }

}  // namespace lenet::cuda
