#include "engine/core/folder.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "engine/core/io_error.hpp"
#include "engine/core/sync.hpp"

namespace lenet {
namespace fs = std::filesystem;

bool make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0777) != 0) {
    if (errno == EEXIST) return false;
    throw_io_error(folder, "made", errno);
  }
  sync_folder(folder.parent_path());
  return true;
}

void make_folders(const fs::path& folder) {
  std::error_code ignored;  // mkdir() says what is wrong
  if (folder.empty() || fs::is_directory(folder, ignored)) return;
  // The parent of "runs/cnn-1/" is "runs/cnn-1".
  if (!folder.has_filename()) return make_folders(folder.parent_path());
  make_folders(folder.parent_path());
  if (!make_folder(folder) && !fs::is_directory(folder, ignored)) throw_io_error(folder, "made", ENOTDIR);
}

bool is_empty_folder(const fs::path& folder) {
  std::error_code error;
  const bool empty = fs::is_empty(folder, error);
  if (error) throw_io_error(folder, "read", error.value());
  return empty;
}

Descriptor try_lock_folder(const fs::path& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) throw_io_error(folder, "opened as a folder", errno);
  if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return {};
  return opened;
}

}  // namespace lenet
