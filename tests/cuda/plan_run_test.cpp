#include <algorithm>
#include <bit>
#include <cmath>
#include <cuda_runtime_api.h>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/random.hpp"
#include "engine/cuda/plan.hpp"
#include "engine/cuda/runtime/handles.hpp"
#include "models/models.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::cuda;

// Runs every plan of cuDNN and cuBLASLt that the three models have, and compares some of its results with
// sums in double precision. On this machine's GPU, and on the simulated one.

namespace {

constexpr int kCompared = 500;  // results per plan, at random places

float as_float(const std::vector<float>& values, std::int64_t i) {
  return values[static_cast<std::size_t>(i)];
}

std::uint16_t bf16_bits(float value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
}

/// Numbers in (-1, 1) that their type holds exactly, on the host and on the device.
struct Array {
  std::vector<float> host;
  DeviceBuffer device;
};

/// A result as the sum of its products.
struct Sum {
  double value = 0, magnitude = 0;
  std::int64_t terms = 0;
  void add(float a, float b) {
    const double product = static_cast<double>(a) * static_cast<double>(b);
    value += product;
    magnitude += std::abs(product);
    ++terms;
  }
};

class Runner {
 public:
  Runner(Precision precision, std::string what) : precision_(precision), what_(std::move(what)) {}

  Array draw(std::int64_t count, DType element) {
    Array array{.host = std::vector<float>(static_cast<std::size_t>(count)), .device = {}};
    std::vector<std::uint16_t> narrow;
    for (float& value : array.host) {
      value = random_.uniform(-1, 1);
      if (element == DType::f32) continue;
      narrow.push_back(bf16_bits(value));
      value = std::bit_cast<float>(static_cast<std::uint32_t>(narrow.back()) << 16);
    }
    array.device = memory_.allocate("test", array.host.size() * bytes_of(element));
    upload(element == DType::f32 ? std::as_bytes(std::span(array.host)) : std::as_bytes(std::span(narrow)),
           array.device, stream.get());
    return array;
  }
  DeviceBuffer workspace(std::size_t bytes) { return memory_.allocate("test", bytes); }
  /// Memory for results, full of NaN.
  DeviceBuffer unwritten(std::int64_t count) {
    const auto bytes = static_cast<std::size_t>(count) * 4;
    DeviceBuffer buffer = memory_.allocate("test", bytes);
    LENET_CHECK(cudaMemsetAsync(buffer.data(), 0xff, bytes, stream.get()));
    return buffer;
  }

  /// Compares results at random places with sum_at(place) after the epilogue.
  template <class SumAt>
  void compare(const DeviceBuffer& out, std::int64_t count, DType element, bool relu, const SumAt& sum_at) {
    std::vector<std::uint16_t> words(static_cast<std::size_t>(count) * bytes_of(element) / 2);
    LENET_CHECK(
        cudaMemcpyAsync(words.data(), out.data(), words.size() * 2, cudaMemcpyDeviceToHost, stream.get()));
    LENET_CHECK(cudaStreamSynchronize(stream.get()));
    const auto result = [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      const std::uint32_t bits = element == DType::f32
                                     ? words[2 * at] | static_cast<std::uint32_t>(words[2 * at + 1]) << 16
                                     : static_cast<std::uint32_t>(words[at]) << 16;
      return static_cast<double>(std::bit_cast<float>(bits));
    };
    std::int64_t unwritten = 0, wrong = 0;
    for (std::int64_t i = 0; i < count; ++i) unwritten += !std::isfinite(result(i));
    for (int i = 0; i < kCompared; ++i) {
      const std::int64_t place = random_.below(static_cast<std::uint32_t>(count));
      const Sum sum = sum_at(place);
      const double expected = relu ? std::max(sum.value, 0.0) : sum.value;
      wrong += !(std::abs(result(place) - expected) <= tolerance(sum, element));
    }
    INFO(what_);
    CHECK(unwritten == 0);
    CHECK(wrong == 0);
  }

  const Stream stream;

 private:
  /// A sum of n terms in float32 in any order (as tests/support/tolerance.hpp has it), of factors of which
  /// TF32 keeps 11 bits, and the rounding of the result. Hopper's tensor cores do not round a factor to TF32:
  /// they leave out its last 13 bits.
  double tolerance(const Sum& sum, DType element) const {
    const double rounding = 4 * std::sqrt(static_cast<double>(sum.terms)) * 0x1p-24;
    const double factors = precision_ == Precision::tf32 ? 2 * 0x1p-10 : 0;
    const double result = element == DType::bf16 ? 0x1p-8 * std::abs(sum.value) : 0;
    return sum.magnitude * (rounding + factors) + result;
  }

  Precision precision_;
  std::string what_;
  DeviceMemory memory_;
  RandomSequence random_{31, RandomStream::pick_samples, 0};
};

void check_product(const GemmShape& s, const Gemm& product, Precision precision, const std::string& what) {
  INFO(s.m << "×" << s.n << " over " << s.k);
  Runner runner(precision, what);
  const Array a = runner.draw(s.m * s.k, s.input), b = runner.draw(s.k * s.n, s.input),
              bias = runner.draw(s.n, s.output);
  const DeviceBuffer out = runner.unwritten(s.m * s.n),
                     workspace = runner.workspace(product.workspace_bytes());
  product.run({.a = a.device.data(),
               .b = b.device.data(),
               .bias = bias.device.data(),
               .out = out.data(),
               .workspace = workspace.data()},
              runner.stream.get());
  runner.compare(out, s.m * s.n, s.output, s.epilogue == Epilogue::bias_relu, [&](std::int64_t place) {
    const std::int64_t i = place / s.n, j = place % s.n;
    Sum sum;
    for (std::int64_t l = 0; l < s.k; ++l)
      sum.add(as_float(a.host, s.transpose_a ? l * s.m + i : i * s.k + l),
              as_float(b.host, s.transpose_b ? j * s.k + l : l * s.n + j));
    if (s.epilogue != Epilogue::none) sum.add(as_float(bias.host, j), 1);
    return sum;
  });
}

/// Index of n, c, h, w in an array of channels×height×width per sample.
struct Places {
  std::int64_t channels, height, width;
  kernels::Layout layout;
  std::int64_t count(std::int64_t samples) const { return samples * channels * height * width; }
  std::int64_t at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    return layout == kernels::Layout::channels_last ? ((n * height + h) * width + w) * channels + c
                                                    : ((n * channels + c) * height + h) * width + w;
  }
  /// Calls visit(n, c, h, w) with what at() makes `place` of.
  template <class Visit>
  void where(std::int64_t place, const Visit& visit) const {
    const std::int64_t plane = height * width, sample = plane * channels, rest = place % sample;
    const bool last = layout == kernels::Layout::channels_last;
    const std::int64_t c = last ? rest % channels : rest / plane,
                       pixel = last ? rest / channels : rest % plane;
    visit(place / sample, c, pixel / width, pixel % width);
  }
};

struct ConvArrays {
  const ConvShape& s;
  Places x{s.channels, s.height, s.width, s.layout}, w{s.channels, s.kernel, s.kernel, s.layout},
      y{s.filters, s.output_height(), s.output_width(), s.layout};
  Array x_data, w_data, y_data, bias;

  const Places& results(ConvKind kind) const {
    return kind == ConvKind::data_gradient ? x : kind == ConvKind::weight_gradient ? w : y;
  }
  std::int64_t count(ConvKind kind) const {
    return results(kind).count(kind == ConvKind::weight_gradient ? s.filters : s.samples);
  }
  /// Whether a kernel's tap is on the image.
  bool inside(std::int64_t h, std::int64_t v) const {
    return h >= 0 && h < s.height && v >= 0 && v < s.width;
  }

  Sum output(std::int64_t n, std::int64_t k, std::int64_t p, std::int64_t q, bool biased) const {
    Sum sum;
    for (std::int64_t c = 0; c < s.channels; ++c)
      for (std::int64_t r = 0; r < s.kernel; ++r)
        for (std::int64_t t = 0; t < s.kernel; ++t)
          if (inside(p + r - s.padding, q + t - s.padding))
            sum.add(as_float(x_data.host, x.at(n, c, p + r - s.padding, q + t - s.padding)),
                    as_float(w_data.host, w.at(k, c, r, t)));
    if (biased) sum.add(as_float(bias.host, k), 1);
    return sum;
  }
  Sum weight_gradient(std::int64_t k, std::int64_t c, std::int64_t r, std::int64_t t) const {
    Sum sum;
    for (std::int64_t n = 0; n < s.samples; ++n)
      for (std::int64_t p = 0; p < y.height; ++p)
        for (std::int64_t q = 0; q < y.width; ++q)
          if (inside(p + r - s.padding, q + t - s.padding))
            sum.add(as_float(x_data.host, x.at(n, c, p + r - s.padding, q + t - s.padding)),
                    as_float(y_data.host, y.at(n, k, p, q)));
    return sum;
  }
  Sum data_gradient(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t v) const {
    Sum sum;
    for (std::int64_t k = 0; k < s.filters; ++k)
      for (std::int64_t r = 0; r < s.kernel; ++r)
        for (std::int64_t t = 0; t < s.kernel; ++t) {
          const std::int64_t p = h + s.padding - r, q = v + s.padding - t;
          if (p >= 0 && p < y.height && q >= 0 && q < y.width)
            sum.add(as_float(w_data.host, w.at(k, c, r, t)), as_float(y_data.host, y.at(n, k, p, q)));
        }
    return sum;
  }
  Sum result(ConvKind kind, std::int64_t place) const {
    Sum sum;
    results(kind).where(place, [&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t v) {
      sum = kind == ConvKind::data_gradient     ? data_gradient(n, c, h, v)
            : kind == ConvKind::weight_gradient ? weight_gradient(n, c, h, v)
                                                : output(n, c, h, v, kind != ConvKind::forward);
    });
    return sum;
  }
};

void check_convolution(ConvKind kind, const ConvShape& s, PlanCache& cache, const std::string& what) {
  const DType element = cache.numerics().precision == Precision::bf16 ? DType::bf16 : DType::f32;
  Runner runner(cache.numerics().precision, what);
  const ConvDevice device(runner.stream.get());
  const auto conv = plan_convolution(device, kind, s, cache.numerics()).conv;
  REQUIRE(conv);
  INFO(conv->engine());
  ConvArrays arrays{.s = s, .x_data = {}, .w_data = {}, .y_data = {}, .bias = {}};
  arrays.x_data = runner.draw(arrays.x.count(s.samples), element);
  arrays.w_data = runner.draw(arrays.w.count(s.filters), element);
  arrays.y_data = runner.draw(arrays.y.count(s.samples), element);
  arrays.bias = runner.draw(s.filters, element);
  const DeviceBuffer out = runner.unwritten(arrays.count(kind)),
                     workspace = runner.workspace(conv->workspace_bytes());
  conv->run({.x = arrays.x_data.device.data(),
             .w = arrays.w_data.device.data(),
             .dy = arrays.y_data.device.data(),
             .bias = arrays.bias.device.data(),
             .out = out.data(),
             .workspace = workspace.data()});
  runner.compare(out, arrays.count(kind), element, kind == ConvKind::forward_bias_relu,
                 [&](std::int64_t place) { return arrays.result(kind, place); });
}

/// Builds the training plan of a model and runs each of its products alone.
void check_model(const std::string& name, std::int64_t batch, const Numerics& numerics) {
  const Graph graph = models::make_model(name, {}).graph;
  const std::string what =
      name + ", " + std::string(precision_name(numerics.precision)) + ", batch " + std::to_string(batch);
  const CompileOptions options{.precision = numerics.precision,
                               .deterministic = numerics.deterministic,
                               .training = TrainingOptions{.batch = batch}};
  const Stream stream;
  DeviceMemory memory;
  PlanCache cache(stream.get(), numerics);
  Parameters parameters(graph, layout_for(graph), options, stream.get(), memory);
  const Plan plan(
      {.stream = stream.get(), .plan_cache = &cache, .memory = &memory, .parameters = &parameters}, graph,
      &*options.training, batch);
  CHECK(!cache.products().empty());
  CHECK(cache.convolutions().empty() == (name != "cnn"));
  for (const auto& [shape, product] : cache.products())
    check_product(shape, *product, numerics.precision, what);
  const auto convolutions = cache.convolutions();
  for (const auto& [key, planned] : convolutions)
    if (planned.conv) check_convolution(key.first, key.second, cache, what);
}

std::vector<Precision> precisions_here() {
#ifdef LENET_SIMULATED
  return {Precision::fp32, Precision::bf16};
#else
  int major = 0;
  LENET_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
  if (major < 8) return {Precision::fp32};
  return {Precision::fp32, Precision::tf32, Precision::bf16};
#endif
}

}  // namespace

TEST_CASE(
    "every product and convolution of the three models has the sums of its definition on this machine's GPU",
    "[cuda][plans]") {
#ifdef LENET_SIMULATED
  const std::vector<std::int64_t> batches{2};
#else
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) LENET_SKIP("this machine has no GPU");
  const std::vector<std::int64_t> batches{50, 7};
#endif
  for (const Precision precision : precisions_here())
    for (const bool deterministic : {true, false})
      for (const std::int64_t batch : batches)
        for (const char* model : {"cnn", "mlp", "regressor"})
          check_model(model, batch, {.precision = precision, .deterministic = deterministic});
}
