#include <algorithm>
#include <cstring>
#include <cublasLt.h>

#include "tests/cuda/simulated/elements.hpp"
#include "tests/cuda/simulated/workspace.hpp"

using lenet::cuda::DType;
using lenet::cuda::read;

struct SimulatedCublas {};
struct SimulatedLayout {
  cudaDataType_t type;
  std::int64_t rows, columns, leading;

  DType element() const { return type == CUDA_R_32F ? DType::f32 : DType::bf16; }
};
struct SimulatedOperation {
  cublasOperation_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const void* bias = nullptr;
  std::int32_t bias_type = -1;  ///< that of d
};
struct SimulatedPreference {
  std::size_t workspace = 0;
  std::uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_MASK;
};

namespace {

/// Bytes that a product needs: as in cuBLASLt, some algorithms need none.
std::size_t workspace_of(const SimulatedOperation& operation) {
  return operation.epilogue == CUBLASLT_EPILOGUE_DEFAULT ? 100 : 0;
}
enum Algorithm : std::uint64_t { kSlow, kBroken, kFast };

/// A matrix as one operation sees it.
struct Factor {
  const void* data;
  SimulatedLayout layout;
  bool transposed;

  std::int64_t rows() const { return transposed ? layout.columns : layout.rows; }
  std::int64_t columns() const { return transposed ? layout.rows : layout.columns; }
  double at(std::int64_t row, std::int64_t column) const {
    if (transposed) std::swap(row, column);
    return static_cast<double>(read(data, column * layout.leading + row, layout.element()));
  }
};

bool fit(const Factor& a, const Factor& b, const SimulatedLayout& d) {
  const auto lies = [](const SimulatedLayout& layout) {
    return layout.rows > 0 && layout.columns > 0 && layout.leading >= layout.rows;
  };
  return lies(a.layout) && lies(b.layout) && lies(d) && a.layout.type == b.layout.type &&
         a.columns() == b.rows() && d.rows == a.rows() && d.columns == b.columns();
}

/// Returns a sum as an element of a matrix holds it.
double through(void* d, std::int64_t index, DType element, double sum) {
  lenet::cuda::write(d, index, element, sum);
  return static_cast<double>(read(d, index, element));
}

void multiply(const Factor& a, const Factor& b, const SimulatedOperation& operation,
              const SimulatedLayout& layout, bool rounded, void* d) {
  const DType bias_element = operation.bias_type < 0
                                 ? layout.element()
                                 : (operation.bias_type == CUDA_R_32F ? DType::f32 : DType::bf16);
  for (std::int64_t row = 0; row < layout.rows; ++row)
    for (std::int64_t column = 0; column < layout.columns; ++column) {
      double sum = 0;
      for (std::int64_t k = 0; k < a.columns(); ++k) {
        if (rounded && 2 * k == a.columns())
          sum = through(d, column * layout.leading + row, layout.element(), sum);
        sum += a.at(row, k) * b.at(k, column);
      }
      if (operation.epilogue != CUBLASLT_EPILOGUE_DEFAULT)  // one bias per row
        sum += static_cast<double>(read(operation.bias, row, bias_element));
      if (operation.epilogue == CUBLASLT_EPILOGUE_RELU_BIAS && !(sum > 0.0)) sum = 0.0;  // NaN as well
      lenet::cuda::write(d, column * layout.leading + row, layout.element(), sum);
    }
}

template <class T>
cublasStatus_t assign(T& to, const void* value, std::size_t bytes) {
  if (bytes != sizeof to) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&to, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t destroy(T* object) {
  delete object;
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

const char* cublasLtGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "success" : "an error of the simulated cuBLAS";
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = new SimulatedCublas;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) { return destroy(handle); }

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType_t type,
                                          std::uint64_t rows, std::uint64_t columns, std::int64_t leading) {
  *layout =
      new SimulatedLayout{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), leading};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) { return destroy(layout); }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* operation, cublasComputeType_t,
                                        cudaDataType_t scale) {
  if (scale != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
  *operation = new SimulatedOperation;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t operation) { return destroy(operation); }

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation,
                                              cublasLtMatmulDescAttributes_t attribute, const void* value,
                                              std::size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return assign(operation->transpose_a, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return assign(operation->transpose_b, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return assign(operation->epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return assign(operation->bias, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
      return assign(operation->bias_type, value, bytes);
  }
  return CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  *preference = new SimulatedPreference;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  return destroy(preference);
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, std::size_t bytes) {
  return attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES ? assign(preference->workspace, value, bytes)
                                                               : assign(preference->reductions, value, bytes);
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int most,
                                              cublasLtMatmulHeuristicResult_t* results, int* count) {
  const Factor left{nullptr, *a, operation->transpose_a == CUBLAS_OP_T};
  const Factor right{nullptr, *b, operation->transpose_b == CUBLAS_OP_T};
  if (!fit(left, right, *c) || !fit(left, right, *d)) return CUBLAS_STATUS_INVALID_VALUE;
  const std::size_t workspace = workspace_of(*operation);
  *count = preference->workspace < workspace ? 0 : std::min(most, 3);
  for (int i = 0; i < *count; ++i)
    results[i] = {.algo = {{static_cast<std::uint64_t>(i),
                            preference->reductions & CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE}},
                  .workspaceSize = workspace,
                  .state = CUBLAS_STATUS_SUCCESS};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t* algo,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute,
                                                    void* value, std::size_t bytes, std::size_t* written) {
  const auto number =
      attribute == CUBLASLT_ALGO_CONFIG_ID ? static_cast<std::int32_t>(algo->data[0]) : std::int32_t{1};
  if (bytes != sizeof number) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(value, &number, bytes);
  *written = bytes;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void*,
                              cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algo, void* workspace, std::size_t workspace_bytes,
                              cudaStream_t stream) {
  const Factor left{a, *a_layout, operation->transpose_a == CUBLAS_OP_T};
  const Factor right{b, *b_layout, operation->transpose_b == CUBLAS_OP_T};
  const bool biased = operation->epilogue != CUBLASLT_EPILOGUE_DEFAULT;
  const std::size_t needed = workspace_of(*operation);
  if (!fit(left, right, *d_layout) || (biased && !operation->bias) || (needed > 0 && !workspace) ||
      workspace_bytes < needed || *static_cast<const float*>(alpha) != 1 ||
      *static_cast<const float*>(beta) != 0)
    return CUBLAS_STATUS_INVALID_VALUE;
  const std::uint64_t algorithm = algo->data[0];
  if (algorithm == kBroken) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (algorithm == kSlow)
    for (int i = 0; i < 2; ++i) simulator::enqueue(stream, [] {});
  const bool rounded = algo->data[1] != 0;
  lenet::cuda::enqueue_product(stream, workspace, needed, [=, operation = *operation, layout = *d_layout] {
    multiply(left, right, operation, layout, rounded, d);
  });
  return CUBLAS_STATUS_SUCCESS;
}
