#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

/// The safetensors format: eight bytes with the length of the header (little-endian), the header as JSON,
/// then the tensors' bytes without gaps. https://github.com/huggingface/safetensors#format
/// Only float32 tensors are read and written here.
namespace lenet::io {

/// A tensor as the header has it.
struct SafetensorsEntry {
  std::string name;
  Shape shape;
  std::uint64_t begin = 0;  ///< of its bytes, from the start of the payload
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> tensors;  ///< in the payload's order; they cover it without gaps
};

/// Reads a header's JSON text. `payload_bytes` is what the file holds behind it; `file` only names the file
/// in errors. Throws CheckpointError for whatever is not as the format and the payload's size demand.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t payload_bytes,
                                           const std::filesystem::path& file);

/// Reads a file in two steps, so that the payload is only read once its header is found good.
class SafetensorsReader {
 public:
  /// Opens the file and reads its header. Throws IoError or CheckpointError.
  explicit SafetensorsReader(const std::filesystem::path& file);

  const SafetensorsHeader& header() const { return header_; }
  /// All floats of all tensors, in the payload's order. Call it once.
  std::vector<float> read_payload();

 private:
  std::filesystem::path file_;
  std::ifstream stream_;
  std::uint64_t payload_bytes_ = 0;
  SafetensorsHeader header_;
};

/// A tensor to be written.
struct SafetensorsTensor {
  std::string name;
  Shape shape;
  std::span<const float> values;
};

/// What a file begins with: the header's length and the header itself, padded with spaces so that the payload
/// starts at a multiple of eight bytes. The tensors' values follow in the given order.
std::string safetensors_preamble(std::span<const SafetensorsTensor> tensors,
                                 const std::map<std::string, std::string>& metadata);

}  // namespace lenet::io
