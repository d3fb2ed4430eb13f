#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/append_file.hpp"

/// TensorFlow's record files. Each record is stored as its length (8 bytes, little-endian), the masked
/// CRC-32C of these 8 bytes, the record, and the masked CRC-32C of the record.
/// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
namespace lenet::tensorboard {

/// Bytes that a record takes in a file besides its own.
inline constexpr std::size_t kFrameBytes = 16;

/// Returns a record with its length and checksums, as it is stored in a file.
std::string framed_record(std::string_view record);

/// Returns the records in the bytes of a file, up to the first that is torn or damaged, as views into
/// `bytes`.
std::vector<std::string_view> whole_records(std::string_view bytes);

/// Record file that records are appended to, each by one write().
class RecordFile {
 public:
  /// Creates the file. Throws IoError, also if the file exists.
  explicit RecordFile(const std::filesystem::path& path)
      : file_(std::make_shared<AppendFile>(path, AppendFile::Open::created)) {}

  /// Appends a record. Throws IoError.
  void append(std::string_view record) { file_->append(framed_record(record)); }
  const std::shared_ptr<AppendFile>& file() const { return file_; }

 private:
  std::shared_ptr<AppendFile> file_;
};

}  // namespace lenet::tensorboard
