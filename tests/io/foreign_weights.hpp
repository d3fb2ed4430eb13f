#pragma once

#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "engine/graph/graph.hpp"

/// Files as other programs write them, with safetensors.torch.save_file() for example.
namespace lenet::io {

/// A tensor of such a file, its elements as bytes.
struct ForeignTensor {
  std::string name;
  Shape shape;
  std::string dtype;  ///< "F16"
  std::string bytes;
};

template <class Element>
std::string bytes_of_elements(const std::vector<Element>& elements) {
  std::string bytes(elements.size() * sizeof(Element), '\0');
  std::memcpy(bytes.data(), elements.data(), bytes.size());
  return bytes;
}

/// Returns a file without metadata.
inline std::string foreign_file(const std::vector<ForeignTensor>& tensors) {
  std::string header = "{";
  std::string payload;
  for (const ForeignTensor& tensor : tensors) {
    std::string sizes;
    for (const std::int64_t size : tensor.shape.sizes())
      sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    const std::size_t begin = payload.size();
    payload += tensor.bytes;
    header += fmt::format(R"({}"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                          begin == 0 ? "" : ",", tensor.name, tensor.dtype, sizes, begin, payload.size());
  }
  header += "}";
  const std::uint64_t length = header.size();
  return bytes_of_elements(std::vector{length}) + header + payload;
}

/// Returns the tensors of a graph's parameters in float32.
inline std::vector<ForeignTensor> foreign_tensors(const Graph& graph, const std::vector<float>& parameters) {
  std::vector<ForeignTensor> tensors;
  for (const Parameter& parameter : graph.parameters()) {
    const auto begin = parameters.begin() + parameter.offset;
    tensors.push_back({.name = parameter.name,
                       .shape = parameter.shape,
                       .dtype = "F32",
                       .bytes = bytes_of_elements(std::vector<float>(begin, begin + parameter.count()))});
  }
  return tensors;
}

}  // namespace lenet::io
