#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/input_file.hpp"
#include "engine/core/shape.hpp"
#include "engine/io/dtype.hpp"

/// The safetensors format: eight bytes with the length of the header (little-endian), the header as JSON,
/// then the payload, which is the tensors' bytes without gaps.
/// https://github.com/huggingface/safetensors#format Written here are float32 tensors alone; those of the
/// other types of Dtype are converted to float32 when they are read.
namespace lenet::io {

/// Description of a tensor in the header.
struct SafetensorsEntry {
  std::string name;
  Shape shape;
  Dtype dtype = Dtype::f32;
  std::uint64_t begin = 0;  ///< first byte, counted from the start of the payload
  std::uint64_t end = 0;    ///< byte after the last

  /// Returns the number of elements.
  std::size_t count() const { return static_cast<std::size_t>(end - begin) / byte_size(dtype); }
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> tensors;  ///< in the payload's order; they cover it without gaps
};

/// Parses the JSON text of a header. `payload_bytes` is the size of the payload in the file; `file` is used
/// only in errors. Throws CheckpointError if the header breaks the format or does not match the payload's
/// size.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t payload_bytes,
                                           const std::filesystem::path& file);

/// Reads a file in two steps, so that the payload is read only after its header has been checked.
class SafetensorsReader {
 public:
  /// Opens the file and reads its header. Throws IoError or CheckpointError.
  explicit SafetensorsReader(const std::filesystem::path& path);

  const SafetensorsHeader& header() const { return header_; }
  /// Returns the values of all tensors in the payload's order, converted to float32. Must be called only
  /// once.
  std::vector<float> read_payload();

 private:
  void read(std::span<std::byte> bytes);

  std::filesystem::path path_;
  InputFile file_;
  SafetensorsHeader header_;
};

/// Tensor to be written.
struct SafetensorsTensor {
  std::string name;
  Shape shape;
  std::span<const float> values;
};

/// Returns the beginning of a file: the header's length and the header, padded with spaces so that the
/// payload starts at a multiple of eight bytes. The values of the tensors must follow in the given order.
std::string safetensors_preamble(std::span<const SafetensorsTensor> tensors,
                                 const std::map<std::string, std::string>& metadata);

}  // namespace lenet::io
