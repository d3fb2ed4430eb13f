#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <memory>
#include <string>

#include "engine/cuda/libraries/numerics.hpp"

/// Matrix products by cuBLASLt. Only cublaslt_gemm.cpp includes its header.
namespace lenet::cuda {

enum class Epilogue { none, bias, bias_relu };

/// out = op(a) · op(b) with op(a) m×k and op(b) k×n; all matrices are row-major without gaps. A bias has one
/// value per column. Sums are in float32, and so is the bias unless the output is bf16.
struct GemmShape {
  std::int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false;  ///< a is stored as k×m
  bool transpose_b = false;  ///< b is stored as n×k
  DType input = DType::f32;
  DType output = DType::f32;
  Epilogue epilogue = Epilogue::none;

  auto operator<=>(const GemmShape&) const = default;
};

struct GemmArgs {
  const void* a = nullptr;
  const void* b = nullptr;
  const void* bias = nullptr;
  void* out = nullptr;
  void* workspace = nullptr;  ///< workspace_bytes()
};

/// A product with its algorithm.
class Gemm {
 public:
  virtual ~Gemm() = default;
  virtual std::size_t workspace_bytes() const = 0;
  /// Returns the number of the selected algorithm and its settings, by cuBLASLt's numbers.
  virtual std::string algorithm() const = 0;
  /// Queues the product on any stream of its device.
  virtual void run(const GemmArgs& args, cudaStream_t stream) const = 0;
};

/// Owns cuBLASLt's handle.
class GemmDevice {
 public:
  /// Candidates are timed on `stream`. Throws DeviceError.
  explicit GemmDevice(cudaStream_t stream);
  ~GemmDevice();

  /// Throws DeviceError if cuBLASLt has no algorithm for it.
  std::unique_ptr<Gemm> plan(const GemmShape& shape, const Numerics& numerics) const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace lenet::cuda
