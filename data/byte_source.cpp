#include "data/byte_source.hpp"

#include <array>
#include <string>
#include <zlib.h>

#include "engine/core/error.hpp"
#include "engine/core/input_file.hpp"

namespace lenet::data {
namespace {

// Maximum compression ratio of deflate, which takes at least two bits for 258 bytes (zlib's documentation).
constexpr std::uint64_t kLargestRatio = 1032;
// MNIST's images are compressed to a fifth.
constexpr std::uint64_t kUsualRatio = 8;

/// Open regular file with its name. Its errors are DataErrors.
class File {
 public:
  explicit File(const std::filesystem::path& path)
      : name_(path.string()), file_(as_data_error([&] { return InputFile(path); })) {}

  [[noreturn]] void fail(const std::string& what) const { throw DataError(name_ + ": " + what); }
  std::uint64_t size() const { return file_.size(); }
  std::size_t read(std::span<std::uint8_t> bytes) {
    return as_data_error([&] { return file_.read(std::as_writable_bytes(bytes)); });
  }
  void rewind() { file_.rewind(); }

 private:
  template <class Call>
  static auto as_data_error(const Call& call) -> decltype(call()) {
    try {
      return call();
    } catch (const IoError& error) {
      throw DataError(error.what());
    }
  }

  std::string name_;
  InputFile file_;
};

class PlainSource : public ByteSource {
 public:
  explicit PlainSource(std::unique_ptr<File> file) : file_(std::move(file)) {}
  std::size_t read(std::span<std::uint8_t> bytes) override { return file_->read(bytes); }
  std::uint64_t largest_size() const override { return file_->size(); }
  std::uint64_t likely_size() const override { return file_->size(); }

 private:
  std::unique_ptr<File> file_;
};

class GzipSource : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<File> file) : file_(std::move(file)) {
    constexpr int kGzipOnly = 15 + 16;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) file_->fail("zlib has no memory left");
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  std::uint64_t largest_size() const override { return file_->size() * kLargestRatio; }
  std::uint64_t likely_size() const override { return file_->size() * kUsualRatio; }

  std::size_t read(std::span<std::uint8_t> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size() && !at_end_) done += inflate_some(bytes.subspan(done));
    return done;
  }

 private:
  std::size_t inflate_some(std::span<std::uint8_t> bytes) {
    if (stream_.avail_in == 0 && !refill()) file_->fail("ends within its gzip data; is the file truncated?");
    const auto room = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1u << 30));
    stream_.next_out = bytes.data();
    stream_.avail_out = room;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
      start_next_member();
    else if (result != Z_OK)
      file_->fail(std::string("corrupt gzip data: ") + (stream_.msg ? stream_.msg : "unexpected end"));
    return room - stream_.avail_out;
  }

  void start_next_member() {
    if (!is_at_end() && *stream_.next_in == 0x1f) {
      inflateReset(&stream_);
      return;
    }
    for (; !is_at_end(); ++stream_.next_in, --stream_.avail_in)
      if (*stream_.next_in != 0) file_->fail("has bytes after its gzip data that are no gzip");
    at_end_ = true;
  }

  bool is_at_end() { return stream_.avail_in == 0 && !refill(); }

  bool refill() {
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(file_->read(input_));
    return stream_.avail_in > 0;
  }

  std::unique_ptr<File> file_;
  z_stream stream_{};
  std::array<std::uint8_t, 64 * 1024> input_{};
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> ByteSource::open(const std::filesystem::path& path) {
  auto file = std::make_unique<File>(path);
  std::array<std::uint8_t, 2> first{};
  const std::size_t got = file->read(first);
  file->rewind();
  if (got == 2 && first[0] == 0x1f && first[1] == 0x8b) return std::make_unique<GzipSource>(std::move(file));
  return std::make_unique<PlainSource>(std::move(file));
}

}  // namespace lenet::data
