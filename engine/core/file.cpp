#include "engine/core/file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "engine/core/error.hpp"

namespace lenet {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what, int error) {
  throw IoError(path.string() + ": cannot " + what + ": " + std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  /// close() may report a write that failed late, so a writer looks at its result.
  int close() { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

void write_all(const Descriptor& file, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

/// Errors name `path`, which is what the user knows, not the temporary that the bytes go to.
void write_and_sync(const std::filesystem::path& temporary, const std::filesystem::path& path,
                    std::span<const std::byte> bytes) {
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) fail(path, "create", errno);
  write_all(file, path, bytes);
  if (::fsync(file.get()) != 0) fail(path, "flush to the disk", errno);
  if (file.close() != 0) fail(path, "close", errno);
}

// Some file systems do not sync folders (EINVAL); then the rename is as durable as it can be.
void sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) fail(folder, "open", errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL) fail(folder, "flush to the disk", errno);
}

// Unlike for every process and every call, so that writers in one folder never share a temporary.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> calls = 0;
  std::filesystem::path temporary = path;
  temporary += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(calls++);
  return temporary;
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::filesystem::path temporary = temporary_beside(path);
  try {
    write_and_sync(temporary, path, bytes);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "replace", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace lenet
