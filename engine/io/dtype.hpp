#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lenet::io {

/// The types of tensor elements that are read. All but f32 are converted to it.
enum class Dtype { f32, f16, bf16, f64 };

/// "F32", as safetensors files call it.
std::string_view name_of(Dtype dtype);
/// Returns nullopt for the name of a type that is not read here.
std::optional<Dtype> parse_dtype(std::string_view name);
/// Returns the names of all types: "F32, F16, BF16 or F64".
std::string dtype_names();

/// Returns the size of an element in bytes.
std::size_t byte_size(Dtype dtype);

/// Converts the little-endian elements in `bytes` into `values`, which has as many. Values of f16 and bf16
/// stay what they are; those of f64 are rounded to the nearest float, and to infinity if they are too large.
void convert_to_float(Dtype dtype, std::span<const std::byte> bytes, std::span<float> values);

}  // namespace lenet::io
