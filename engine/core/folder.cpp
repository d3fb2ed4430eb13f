#include "engine/core/folder.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>

#include "engine/core/atomic_file.hpp"
#include "engine/core/io_error.hpp"
#include "engine/core/sync.hpp"
#include "engine/core/warning.hpp"

namespace lenet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = ".lock";

bool lock(const Descriptor& file, int operation) {
  int result = 0;
  do result = ::flock(file.get(), operation);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

/// Locks the file, or gives up after a tenth of a second if it must not wait. Whoever asks whether a folder
/// is locked has the lock for a moment.
bool lock_soon(const Descriptor& file, int operation) {
  constexpr int kAttempts = 10;
  for (int attempt = 1; !lock(file, operation); ++attempt) {
    if (errno != EWOULDBLOCK || attempt == kAttempts) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

Descriptor locked(const fs::path& folder, int operation) {
  Descriptor opened = open_descriptor(folder, O_RDONLY | O_DIRECTORY);
  if (!opened) throw_io_error(folder, "opened as a folder", errno);
  if (lock_soon(opened, operation)) return opened;
  if (errno == EWOULDBLOCK) return {};
  // Some file systems, as NFS, lock only files that are open for writing.
  Descriptor file = open_descriptor(folder / kLockFile, O_RDWR | O_CREAT, 0666);
  if (file && lock_soon(file, operation)) return file;
  if (file && errno == EWOULDBLOCK) return {};
  warn(folder.string() + ": cannot be locked on this file system: let no two programs write in it at once");
  return opened;
}

/// Returns whether a lock of the file is refused, which a shared one is only while an exclusive one is held.
bool refuses_lock(const Descriptor& file) {
  return file && !lock(file, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

}  // namespace

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

void require_place_for_file(const fs::path& file) {
  const auto fail = [&](const std::string& why) {
    throw IoError(file.string() + ": cannot be written: " + why);
  };
  std::error_code ignored;  // an entry that cannot be read counts as missing
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!fs::exists(folder, ignored)) fail("there is no folder " + folder.string());
  if (!fs::is_directory(folder, ignored)) fail(folder.string() + " is no folder");
  if (fs::is_directory(file, ignored)) fail("it is a folder");
  const AtomicFile given_up(file);  // what else is in the way is found by trying
}

bool is_empty_folder(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().filename() != kLockFile) return false;
  if (error) throw_io_error(folder, "read", error.value());
  return true;
}

Descriptor try_lock_folder(const fs::path& folder) { return locked(folder, LOCK_EX | LOCK_NB); }

bool is_folder_locked(const fs::path& folder) {
  return refuses_lock(open_descriptor(folder, O_RDONLY | O_DIRECTORY)) ||
         refuses_lock(open_descriptor(folder / kLockFile, O_RDONLY | O_NONBLOCK));
}

Descriptor lock_folder(const fs::path& folder) { return locked(folder, LOCK_EX); }

}  // namespace lenet
