#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/descriptor.hpp"

/// TensorFlow's record files: for each record its length (8 bytes, little-endian), the masked CRC-32C of
/// those 8 bytes, the record, and the record's masked CRC-32C.
/// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
namespace lenet::tensorboard {

/// A record as it stands in a file.
std::string framed_record(std::string_view record);

/// The records of a file's bytes up to the first that is torn or damaged. They are views into `bytes`.
std::vector<std::string_view> whole_records(std::string_view bytes);

/// A record file that grows. Each record is one write(), so that a kill tears at most the last.
class RecordFile {
 public:
  /// Makes the file; it must not be there yet. Throws IoError.
  explicit RecordFile(std::filesystem::path path);

  /// Throws IoError.
  void append(std::string_view record);

 private:
  std::filesystem::path path_;
  Descriptor descriptor_;
};

}  // namespace lenet::tensorboard
