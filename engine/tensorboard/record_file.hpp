#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/descriptor.hpp"

/// TensorFlow's record files. Each record is stored as its length (8 bytes, little-endian), the masked
/// CRC-32C of these 8 bytes, the record, and the masked CRC-32C of the record.
/// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
namespace lenet::tensorboard {

/// Returns a record with its length and checksums, as it is stored in a file.
std::string framed_record(std::string_view record);

/// Returns the records in the bytes of a file, up to the first that is torn or damaged, as views into
/// `bytes`.
std::vector<std::string_view> whole_records(std::string_view bytes);

/// Record file that records are appended to. Each record is one write(), so that killing the process tears at
/// most the last one.
class RecordFile {
 public:
  /// Creates the file. Throws IoError, also if the file exists.
  explicit RecordFile(std::filesystem::path path);

  /// Appends a record. Throws IoError.
  void append(std::string_view record);

 private:
  std::filesystem::path path_;
  Descriptor descriptor_;
};

}  // namespace lenet::tensorboard
