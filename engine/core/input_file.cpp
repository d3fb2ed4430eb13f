#include "engine/core/input_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "engine/core/io_error.hpp"

namespace lenet {

// O_NONBLOCK: opening a FIFO would wait for a writer.
InputFile::InputFile(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(open_descriptor(path_, O_RDONLY | O_NONBLOCK)) {
  if (!descriptor_) throw_io_error(path_, "opened", errno);
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) throw_io_error(path_, "read", errno);
  if (S_ISDIR(status.st_mode)) throw IoError(path_.string() + ": is a folder, expected a file");
  if (!S_ISREG(status.st_mode)) throw IoError(path_.string() + ": is not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

std::size_t InputFile::read(std::span<std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(descriptor_.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_io_error(path_, "read", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void InputFile::rewind() { ::lseek(descriptor_.get(), 0, SEEK_SET); }

}  // namespace lenet
