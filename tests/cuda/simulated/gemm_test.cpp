#include <algorithm>
#include <vector>

#include "engine/cuda/libraries/cublaslt_gemm.hpp"
#include "engine/cuda/runtime/handles.hpp"
#include "engine/cuda/runtime/memory.hpp"
#include "tests/cuda/simulated/elements.hpp"
#include "tests/kernels/simulator/runtime.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tolerance.hpp"

using namespace lenet;
using namespace lenet::cuda;

// cuBLASLt's matrices are column-major, ours are row-major; cublaslt_gemm.cpp translates.

namespace {

std::vector<float> draw(RandomSequence& random, std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = random.uniform(-1, 1);
  return values;
}

/// Returns the index of element (row, column) of op(a) in a matrix of `rows`×`columns`, or of its transpose.
std::size_t at(std::int64_t row, std::int64_t column, std::int64_t rows, std::int64_t columns,
               bool transposed) {
  return static_cast<std::size_t>(transposed ? column * rows + row : row * columns + column);
}

struct Product {
  std::vector<float> out;
  float milliseconds;  ///< as the simulated device counts them
};

Product run(const GemmShape& shape, bool autotune, const std::vector<float>& a, const std::vector<float>& b,
            const std::vector<float>& bias) {
  const Stream stream;
  const auto gemm = GemmDevice(stream.get()).plan(shape, {.autotune = autotune});
  DeviceMemory memory;
  const auto copy = [&](const std::vector<float>& values) {
    DeviceBuffer buffer = memory.allocate("test", values.size() * sizeof(float));
    std::ranges::copy(values, buffer.as<float>());
    return buffer;
  };
  Product product{.out = std::vector<float>(static_cast<std::size_t>(shape.m * shape.n))};
  const DeviceBuffer a_data = copy(a), b_data = copy(b), bias_data = copy(bias), out = copy(product.out),
                     workspace = memory.allocate("test", gemm->workspace_bytes());
  const Event begin(Event::timed), end(Event::timed);
  LENET_CHECK(cudaEventRecord(begin.get(), stream.get()));
  gemm->run({.a = a_data.data(),
             .b = b_data.data(),
             .bias = bias_data.data(),
             .out = out.data(),
             .workspace = workspace.data()},
            stream.get());
  LENET_CHECK(cudaEventRecord(end.get(), stream.get()));
  LENET_CHECK(cudaEventSynchronize(end.get()));
  LENET_CHECK(cudaEventElapsedTime(&product.milliseconds, begin.get(), end.get()));
  std::copy_n(out.as<float>(), product.out.size(), product.out.begin());
  return product;
}

}  // namespace

TEST_CASE("products are those of row-major matrices, however they are transposed", "[cuda]") {
  simulator::use(simulator::Timing::lazy);
  RandomSequence random = reference::random_for(17);
  for (const bool transpose_a : {false, true})
    for (const bool transpose_b : {false, true})
      for (const Epilogue epilogue : {Epilogue::none, Epilogue::bias, Epilogue::bias_relu}) {
        const GemmShape shape{.m = 3,
                              .n = 5,
                              .k = 4,
                              .transpose_a = transpose_a,
                              .transpose_b = transpose_b,
                              .epilogue = epilogue};
        INFO("transposed: " << transpose_a << transpose_b << ", epilogue " << static_cast<int>(epilogue));
        const auto a = draw(random, shape.m * shape.k), b = draw(random, shape.k * shape.n),
                   bias = draw(random, shape.n);
        const std::vector<float> out = run(shape, false, a, b, bias).out;
        for (std::int64_t i = 0; i < shape.m; ++i)
          for (std::int64_t j = 0; j < shape.n; ++j) {
            double sum =
                epilogue == Epilogue::none ? 0 : static_cast<double>(bias[static_cast<std::size_t>(j)]);
            for (std::int64_t l = 0; l < shape.k; ++l)
              sum += static_cast<double>(a[at(i, l, shape.m, shape.k, transpose_a)]) *
                     static_cast<double>(b[at(l, j, shape.k, shape.n, transpose_b)]);
            if (epilogue == Epilogue::bias_relu) sum = std::max(sum, 0.0);
            INFO("row " << i << ", column " << j);
            CHECK(std::abs(static_cast<double>(out[static_cast<std::size_t>(i * shape.n + j)]) - sum) <=
                  5 * tolerance::of_sum(shape.k + 1));
          }
      }
}

TEST_CASE("partial sums of a product in bf16 are not rounded to bf16", "[cuda]") {
  simulator::use(simulator::Timing::lazy);
  const Stream stream;
  const GemmShape shape{.m = 1, .n = 1, .k = 4, .input = DType::bf16, .output = DType::bf16};
  const auto gemm = GemmDevice(stream.get()).plan(shape, {.precision = Precision::bf16});
  DeviceMemory memory;
  const DeviceBuffer a = memory.allocate("test", 8), b = memory.allocate("test", 8),
                     out = memory.allocate("test", 2),
                     workspace = memory.allocate("test", gemm->workspace_bytes());
  constexpr double kSmall = 1.0 / 512;  // 1 + kSmall is 1 in bf16
  const double factors[] = {1, kSmall, -1, 0};
  for (std::int64_t k = 0; k < shape.k; ++k) {
    write(a.data(), k, DType::bf16, factors[k]);
    write(b.data(), k, DType::bf16, 1);
  }
  gemm->run({.a = a.data(), .b = b.data(), .out = out.data(), .workspace = workspace.data()}, stream.get());
  LENET_CHECK(cudaStreamSynchronize(stream.get()));
  CHECK(static_cast<double>(read(out.data(), 0, DType::bf16)) == kSmall);
}

// The heuristic's first algorithm takes three milliseconds here, the second does not run, the third takes
// one.
TEST_CASE("autotuning takes the fastest algorithm that cuBLAS runs", "[cuda]") {
  simulator::use(simulator::Timing::lazy);
  RandomSequence random = reference::random_for(18);
  const GemmShape shape{.m = 2, .n = 3, .k = 4};
  const auto a = draw(random, 8), b = draw(random, 12), bias = draw(random, 3);
  const Product first = run(shape, false, a, b, bias), best = run(shape, true, a, b, bias);
  CHECK(best.out == first.out);
  CHECK(first.milliseconds == best.milliseconds + 2);
}
