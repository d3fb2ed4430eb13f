#include "engine/cuda/cuda_backend.hpp"

#include "engine/core/error.hpp"
#include "engine/cuda/device.hpp"

namespace lenet::cuda {
namespace {

class CudaBackend : public Backend {
 public:
  explicit CudaBackend(int index) : info_(open_device(index)) {}

  DeviceInfo info() const override { return info_; }

  std::unique_ptr<Program> compile(const Graph&, const CompileOptions&) override {
    throw DeviceError(info_.name + " cannot train yet: use --device cpu");
  }

 private:
  DeviceInfo info_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(int index) { return std::make_unique<CudaBackend>(index); }

}  // namespace lenet::cuda
