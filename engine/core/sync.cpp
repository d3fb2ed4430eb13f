#include "engine/core/sync.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "engine/core/io_error.hpp"

namespace lenet {
namespace {

int fsync_uninterrupted(const Descriptor& file) {
  int result = 0;
  do result = ::fsync(file.get());
  while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

void sync_file(const Descriptor& file, const std::filesystem::path& path) {
  if (fsync_uninterrupted(file) != 0) throw_io_error(path, "flushed to the disk", errno);
}

// Ignores EINVAL: some file systems cannot sync a folder.
void sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder.empty() ? "." : folder;
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) throw_io_error(path, "opened as a folder", errno);
  if (fsync_uninterrupted(opened) != 0 && errno != EINVAL) throw_io_error(path, "flushed to the disk", errno);
}

}  // namespace lenet
