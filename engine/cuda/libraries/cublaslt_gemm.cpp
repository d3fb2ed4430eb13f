#include "engine/cuda/libraries/cublaslt_gemm.hpp"

#include <span>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/cuda/libraries/autotune.hpp"
#include "engine/cuda/libraries/check_cublas.hpp"
#include "engine/cuda/runtime/handles.hpp"
#include "engine/cuda/runtime/memory.hpp"

namespace lenet::cuda {

struct GemmDevice::State {
  cublasLtHandle_t handle = nullptr;
  cudaStream_t stream = nullptr;

  ~State() {
    if (handle) cublasLtDestroy(handle);
  }
};

GemmDevice::GemmDevice(cudaStream_t stream) : state_(std::make_shared<State>()) {
  LENET_CHECK(cublasLtCreate(&state_->handle));
  state_->stream = stream;
}

GemmDevice::~GemmDevice() = default;

namespace {

// NVIDIA's recommendation for Hopper; earlier GPUs need less.
constexpr std::size_t kMaxWorkspace = std::size_t{32} << 20;
constexpr int kMaxCandidates = 16;

cudaDataType_t type_of(DType element) { return element == DType::f32 ? CUDA_R_32F : CUDA_R_16BF; }

using Layout = CudaHandle<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Operation = CudaHandle<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Preference = CudaHandle<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

/// A row-major matrix of rows×columns, which is for cuBLAS its column-major transpose of columns×rows.
Layout layout_of(DType element, std::int64_t rows, std::int64_t columns) {
  Layout layout;
  LENET_CHECK(cublasLtMatrixLayoutCreate(layout.out(), type_of(element), static_cast<std::uint64_t>(columns),
                                         static_cast<std::uint64_t>(rows), columns));
  return layout;
}

template <class T>
void set(const Operation& operation, cublasLtMatmulDescAttributes_t attribute, const T& value) {
  LENET_CHECK(cublasLtMatmulDescSetAttribute(operation.get(), attribute, &value, sizeof value));
}

cublasLtEpilogue_t epilogue_of(Epilogue epilogue) {
  if (epilogue == Epilogue::bias) return CUBLASLT_EPILOGUE_BIAS;
  return epilogue == Epilogue::bias_relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
}

/// outᵀ = op(b)ᵀ · op(a)ᵀ: the first factor is b, the second a, each with the transposition that it has here.
Operation operation_of(const GemmShape& shape, Precision precision) {
  Operation operation;
  const auto compute = precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  LENET_CHECK(cublasLtMatmulDescCreate(operation.out(), compute, CUDA_R_32F));
  set(operation, CUBLASLT_MATMUL_DESC_TRANSA, shape.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(operation, CUBLASLT_MATMUL_DESC_TRANSB, shape.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(operation, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(shape.epilogue));
  if (shape.epilogue != Epilogue::none)
    set(operation, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, static_cast<std::int32_t>(type_of(shape.output)));
  return operation;
}

class PlannedGemm : public Gemm {
 public:
  PlannedGemm(std::shared_ptr<GemmDevice::State> device, const GemmShape& shape, const Numerics& numerics);

  std::size_t workspace_bytes() const override { return chosen_.workspaceSize; }
  std::string algorithm() const override;
  void run(const GemmArgs& args, cudaStream_t stream) const override {
    LENET_CHECK(run(chosen_, args, stream));
  }

 private:
  cublasStatus_t run(const cublasLtMatmulHeuristicResult_t& algorithm, const GemmArgs& args,
                     cudaStream_t stream) const;
  std::vector<cublasLtMatmulHeuristicResult_t> candidates(int most) const;
  /// Returns the fastest algorithm that runs.
  cublasLtMatmulHeuristicResult_t fastest_of(
      std::span<const cublasLtMatmulHeuristicResult_t> algorithms) const;

  std::shared_ptr<GemmDevice::State> device_;
  GemmShape shape_;
  Operation operation_;
  Layout a_, b_, out_;
  cublasLtMatmulHeuristicResult_t chosen_{};
};

PlannedGemm::PlannedGemm(std::shared_ptr<GemmDevice::State> device, const GemmShape& shape,
                         const Numerics& numerics)
    : device_(std::move(device)),
      shape_(shape),
      operation_(operation_of(shape, numerics.precision)),
      a_(shape.transpose_a ? layout_of(shape.input, shape.k, shape.m)
                           : layout_of(shape.input, shape.m, shape.k)),
      b_(shape.transpose_b ? layout_of(shape.input, shape.n, shape.k)
                           : layout_of(shape.input, shape.k, shape.n)),
      out_(layout_of(shape.output, shape.m, shape.n)) {
  const auto found = candidates(numerics.autotune ? kMaxCandidates : 1);
  chosen_ = numerics.autotune ? fastest_of(found) : found.front();
}

std::vector<cublasLtMatmulHeuristicResult_t> PlannedGemm::candidates(int most) const {
  Preference preference;
  LENET_CHECK(cublasLtMatmulPreferenceCreate(preference.out()));
  LENET_CHECK(cublasLtMatmulPreferenceSetAttribute(preference.get(), CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                   &kMaxWorkspace, sizeof kMaxWorkspace));
  // Partial sums of a product are added in float32, not in the type of its result, which may be bf16.
  constexpr auto kSumsInFloat = static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);
  LENET_CHECK(cublasLtMatmulPreferenceSetAttribute(
      preference.get(), CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &kSumsInFloat, sizeof kSumsInFloat));
  std::vector<cublasLtMatmulHeuristicResult_t> found(static_cast<std::size_t>(most));
  int count = 0;
  LENET_CHECK(cublasLtMatmulAlgoGetHeuristic(device_->handle, operation_.get(), b_.get(), a_.get(),
                                             out_.get(), out_.get(), preference.get(), most, found.data(),
                                             &count));
  found.resize(static_cast<std::size_t>(count));
  std::erase_if(found, [](const auto& result) { return result.state != CUBLAS_STATUS_SUCCESS; });
  if (found.empty())
    throw DeviceError("cuBLAS has no algorithm for a product of " + std::to_string(shape_.m) + "×" +
                      std::to_string(shape_.n) + " over " + std::to_string(shape_.k));
  return found;
}

std::string PlannedGemm::algorithm() const {
  const auto value = [&](cublasLtMatmulAlgoConfigAttributes_t attribute) -> std::string {
    std::int32_t number = 0;  // the four that are read have 32 bits
    std::size_t written = 0;
    const cublasStatus_t status =
        cublasLtMatmulAlgoConfigGetAttribute(&chosen_.algo, attribute, &number, sizeof number, &written);
    return status == CUBLAS_STATUS_SUCCESS ? std::to_string(number) : "unknown";
  };
  return "algorithm " + value(CUBLASLT_ALGO_CONFIG_ID) + ", tile " + value(CUBLASLT_ALGO_CONFIG_TILE_ID) +
         ", stages " + value(CUBLASLT_ALGO_CONFIG_STAGES_ID) + ", split-K " +
         value(CUBLASLT_ALGO_CONFIG_SPLITK_NUM);
}

cublasStatus_t PlannedGemm::run(const cublasLtMatmulHeuristicResult_t& algorithm, const GemmArgs& args,
                                cudaStream_t stream) const {
  constexpr float kOne = 1, kZero = 0;
  if (shape_.epilogue != Epilogue::none) set(operation_, CUBLASLT_MATMUL_DESC_BIAS_POINTER, args.bias);
  return cublasLtMatmul(device_->handle, operation_.get(), &kOne, args.b, b_.get(), args.a, a_.get(), &kZero,
                        args.out, out_.get(), args.out, out_.get(), &algorithm.algo, args.workspace,
                        algorithm.workspaceSize, stream);
}

cublasLtMatmulHeuristicResult_t PlannedGemm::fastest_of(
    std::span<const cublasLtMatmulHeuristicResult_t> algorithms) const {
  DeviceMemory memory;
  const auto drawn = [&](std::int64_t rows, std::int64_t columns) {
    return random_numbers(memory, static_cast<std::size_t>(rows * columns), device_->stream);
  };
  const DeviceBuffer a = drawn(shape_.m, shape_.k), b = drawn(shape_.k, shape_.n),
                     out = drawn(shape_.m, shape_.n), bias = drawn(1, shape_.n),
                     workspace = memory.allocate("autotuning", kMaxWorkspace);
  const GemmArgs args{
      .a = a.data(), .b = b.data(), .bias = bias.data(), .out = out.data(), .workspace = workspace.data()};
  std::vector<Candidate> candidates;
  for (const auto& algorithm : algorithms)
    candidates.push_back(
        [this, &args, &algorithm] { return run(algorithm, args, device_->stream) == CUBLAS_STATUS_SUCCESS; });
  return algorithms[autotune(device_->stream, candidates)];
}

}  // namespace

std::unique_ptr<Gemm> GemmDevice::plan(const GemmShape& shape, const Numerics& numerics) const {
  return std::make_unique<PlannedGemm>(state_, shape, numerics);
}

}  // namespace lenet::cuda
