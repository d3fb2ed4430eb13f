#include "engine/core/sync.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "engine/core/io_error.hpp"
#include "engine/core/warning.hpp"

namespace lenet {
namespace {

int fsync_uninterrupted(const Descriptor& file) {
  int result = 0;
  do result = ::fsync(file.get());
  while (result != 0 && errno == EINTR);
  return result;
}

// Errors of file systems in which fsync() is not implemented for a file or a folder: FUSE, 9p, old NFS.
bool means_unsupported(int error) {
  return error == EINVAL || error == EOPNOTSUPP || error == ENOSYS || error == EBADF;
}

void warn_of_no_flushing(const std::filesystem::path& path) {
  static std::atomic<bool> warned = false;
  if (!warned.exchange(true))
    warn(path.string() +
         ": cannot be flushed to the disk on this file system: a power failure may lose what was written");
}

void sync(const Descriptor& opened, const std::filesystem::path& path) {
  if (fsync_uninterrupted(opened) == 0) return;
  if (!means_unsupported(errno)) throw_io_error(path, "flushed to the disk", errno);
  warn_of_no_flushing(path);
}

}  // namespace

void sync_file(const Descriptor& file, const std::filesystem::path& path) { sync(file, path); }

void sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder.empty() ? "." : folder;
  const Descriptor opened = open_descriptor(path, O_RDONLY | O_DIRECTORY);
  if (opened) return sync(opened, path);
  // A folder may be writable, but not readable.
  if (errno != EACCES) throw_io_error(path, "opened as a folder", errno);
  warn_of_no_flushing(path);
}

}  // namespace lenet
