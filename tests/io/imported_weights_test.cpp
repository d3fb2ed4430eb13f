#include "engine/io/imported_weights.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/io/checkpoint.hpp"
#include "engine/io/dtype.hpp"
#include "tests/io/foreign_weights.hpp"
#include "tests/io/some_checkpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::io;

namespace {

/// Weights of a small graph, and the file of another program that holds them.
struct ForeignFile {
  std::vector<float> imported(const std::vector<ForeignTensor>& written) const {
    write_all(path, foreign_file(written));
    return import_weights(path, graph, "small");
  }
  ForeignTensor& tensor(const std::string& name) {
    return *std::ranges::find(tensors, name, &ForeignTensor::name);
  }

  TemporaryFolder folder;
  std::filesystem::path path = folder / "weights.safetensors";
  Graph graph = small_graph();
  std::vector<float> weights = numbers(graph.parameter_count(), 1);
  std::vector<ForeignTensor> tensors = foreign_tensors(graph, weights);
};

/// Returns the float of a binary16 number, by the definition in IEEE 754.
double half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * fraction * std::pow(2.0, -24);
  return sign * (1 + fraction / 1024.0) * std::pow(2.0, exponent - 15);
}

}  // namespace

TEST_CASE_METHOD(ForeignFile, "weights of another program are read whatever the order of their tensors",
                 "[import]") {
  CHECK(imported(tensors) == weights);
  std::ranges::reverse(tensors);
  CHECK(imported(tensors) == weights);
}

TEST_CASE("every float16 number is converted to its value", "[import]") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    float converted = 0;
    convert_to_float(Dtype::f16, std::as_bytes(std::span(&half, 1)), std::span(&converted, 1));
    const double value = half_value(half);
    if (std::isnan(value) ? !std::isnan(converted)
                          : converted != value || std::signbit(converted) != std::signbit(value))
      FAIL_CHECK(bits << " became " << converted << ", expected " << value);
  }
}

TEST_CASE_METHOD(ForeignFile, "tensors of float64, float16 and bfloat16 are converted to float32",
                 "[import]") {
  ForeignTensor& bias = tensor("fc1.bias");
  const auto imported_bias = [&](const std::string& dtype, const std::string& bytes) {
    bias.dtype = dtype;
    bias.bytes = bytes;
    const std::vector<float> all = imported(tensors);
    return std::vector<float>(all.end() - 3, all.end());
  };
  REQUIRE(graph.parameters().back().name == "fc1.bias");
  CHECK(imported_bias("F64", bytes_of_elements(std::vector<double>{0.1, -2, 1e30})) ==
        std::vector<float>{0.1f, -2, 1e30f});
  CHECK(imported_bias("F16", bytes_of_elements(std::vector<std::uint16_t>{0x3555, 0xC000, 0x0001})) ==
        std::vector<float>{0.333251953125f, -2, 0x1p-24f});
  CHECK(imported_bias("BF16", bytes_of_elements(std::vector<std::uint16_t>{0x3EAB, 0xC000, 0x7149})) ==
        std::vector<float>{std::bit_cast<float>(0x3EAB0000u), -2, std::bit_cast<float>(0x71490000u)});
  CHECK(std::equal(weights.begin(), weights.end() - 3, imported(tensors).begin()));
}

TEST_CASE_METHOD(ForeignFile, "weights that do not fit the model are refused with the tensor and the file",
                 "[import]") {
  const auto check_refused = [&](const std::vector<ForeignTensor>& bad, const std::string& message) {
    INFO(message);
    CHECK_THROWS_AS(imported(bad), CheckpointError);
    CHECK_THROWS_WITH(imported(bad), contains("weights.safetensors: ") && contains(message));
  };
  const std::vector<ForeignTensor> good = tensors;

  tensors.erase(tensors.begin());
  check_refused(tensors, "the tensor 'conv1.weight' of model 'small' is missing");
  tensors = good;
  for (ForeignTensor& tensor : tensors) tensor.name = "net." + tensor.name;
  check_refused(tensors,
                "'conv1.weight' of model 'small' is missing; the file has 'net.conv1.weight', "
                "'net.conv1.bias', 'net.fc1.weight' and 1 more");
  tensors = good;
  tensors.push_back({.name = "bn.scale", .shape = {0}, .dtype = "F32"});
  check_refused(tensors, "has tensors that are not in model 'small': 'bn.scale'");
  tensors = good;
  tensor("fc1.weight").shape = {32, 3};
  check_refused(tensors, "'fc1.weight' has shape 32×3, expected 3×32 for model 'small'");
  tensors = good;
  tensors.push_back({.name = "steps", .shape = {}, .dtype = "I64", .bytes = std::string(8, '\0')});
  check_refused(tensors, R"("steps" has dtype "I64", expected F32, F16, BF16 or F64)");
}

TEST_CASE_METHOD(ForeignFile, "weights that are not finite, or too large for a float, are refused",
                 "[import]") {
  ForeignTensor& bias = tensor("fc1.bias");
  bias.dtype = "F64";
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity(), 1e39}) {
    bias.bytes = bytes_of_elements(std::vector<double>{0, bad, 0});
    INFO(bad);
    CHECK_THROWS_WITH(imported(tensors), contains("'fc1.bias' has a value that is not finite as a float32"));
  }
}

TEST_CASE_METHOD(ForeignFile, "a file of torch.save is refused with what to save instead", "[import]") {
  write_all(path, std::string("PK\3\4\0\0\0\0", 8) + std::string(1000, 'x'));
  CHECK_THROWS_WITH(import_weights(path, graph, "small"),
                    contains("as torch.save() writes") && contains("safetensors.torch.save_file()"));
}

TEST_CASE_METHOD(ForeignFile, "a checkpoint is known by its metadata, even if a key of them is lost",
                 "[import]") {
  write_all(path, foreign_file(tensors));
  CHECK_FALSE(find_checkpoint_info(path));
  save_checkpoint(path, graph, some_checkpoint(graph));
  CHECK(find_checkpoint_info(path)->model == "cnn");
  const std::string good = read_all(path);
  for (const std::string key : {"digest", "model", "recipe", "seed", "step"}) {
    std::string bad = good;
    bad[bad.find("\"" + key + "\":") + 1] = 'x';
    write_all(path, bad);
    INFO(key);
    if (key == "digest")  // which no information is taken from
      CHECK(find_checkpoint_info(path));
    else
      CHECK_THROWS_AS(find_checkpoint_info(path), CheckpointError);
    CHECK_THROWS_AS(load_checkpoint(path, graph), CheckpointError);
  }
}

TEST_CASE_METHOD(ForeignFile, "a checkpoint whose tensors have another type is refused", "[import]") {
  save_checkpoint(path, graph, some_checkpoint(graph));
  std::string bytes = read_all(path);
  // Two numbers of float32 take as many bytes as four of float16.
  const std::string shape = R"("dtype":"F32","shape":[2],)";
  REQUIRE(bytes.find(shape) != std::string::npos);
  bytes.replace(bytes.find(shape), shape.size(), R"("dtype":"F16","shape":[4],)");
  write_all(path, bytes);
  CHECK_THROWS_WITH(load_checkpoint(path, graph), contains("'conv1.bias' has dtype F16, expected F32"));
}
