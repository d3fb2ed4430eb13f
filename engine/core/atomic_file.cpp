#include "engine/core/atomic_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "engine/core/io_error.hpp"
#include "engine/core/sync.hpp"

namespace lenet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".tmp-";

/// Returns the path to which a link leads, whether or not a file exists there.
fs::path target_of(fs::path path) {
  constexpr int kMostLinks = 40;  // the kernel's limit
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code no_link;
    const fs::path next = fs::read_symlink(path, no_link);
    if (no_link) return path;
    path = path.parent_path() / next;
  }
  throw_io_error(path, "opened", ELOOP);
}

/// Returns the file that is to be replaced, or nullopt if there is none. Throws IoError if it is no file,
/// or if there can be none.
std::optional<struct stat> existing_file(const fs::path& target, const fs::path& path) {
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw_io_error(path, "made", errno);  // a name that is too long, say: its temporary has a shorter one
  }
  if (S_ISDIR(status.st_mode)) throw IoError(path.string() + ": is a folder, expected a file");
  if (!S_ISREG(status.st_mode)) throw IoError(path.string() + ": is a device or a pipe, expected a file");
  return status;
}

bool is_temporary(std::string_view name) {
  const std::size_t mark = name.rfind(kMark);
  if (mark == name.npos || mark == 0) return false;
  const std::string_view end = name.substr(mark + kMark.size());
  const bool is_random = end.size() == 8 && end.find_first_not_of("0123456789abcdef") == end.npos;
  // Earlier versions wrote the process and a count: ".tmp-4711-0".
  const std::size_t dash = end.find('-');
  const bool is_numbered = dash != end.npos && dash > 0 && dash + 1 < end.size() &&
                           end.find_first_not_of("-0123456789") == end.npos;
  return is_random || is_numbered;
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path) : path_(path), target_(target_of(path)) {
  const auto old = existing_file(target_, path_);
  create_temporary(old.has_value());
  if (!old) return;
  // Only root can give a file away. The temporary is private until it has the old mode.
  [[maybe_unused]] const int given = ::fchown(file_.get(), old->st_uid, old->st_gid);
  [[maybe_unused]] const int changed = ::fchmod(file_.get(), old->st_mode & 0777);
}

/// Creates it under a random name. A name made from the process id could already be taken: ids repeat in
/// containers, and a killed process leaves its file there.
void AtomicFile::create_temporary(bool is_private) {
  constexpr int kAttempts = 100;
  constexpr std::size_t kLongestStem = 240;  // names have at most 255 bytes
  std::random_device random;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::array<char, 16> suffix{};
    std::snprintf(suffix.data(), suffix.size(), "%s%08x", kMark.data(), random());
    const std::string name = target_.filename().string().substr(0, kLongestStem) + suffix.data();
    temporary_ = target_.parent_path() / name;
    file_ = open_descriptor(temporary_, O_WRONLY | O_CREAT | O_EXCL, is_private ? 0600 : 0666);
    if (file_) return;
    if (errno != EEXIST) break;
  }
  throw_io_error(path_, "made", errno);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_io_error(path_, "written", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  sync_file(file_, path_);
  if (file_.close() != 0) throw_io_error(path_, "closed", errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw_io_error(path_, "replaced", errno);
  temporary_.clear();
  sync_folder(target_.parent_path());
}

void remove_temporaries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;  // what cannot be looked at is not ours
    if (is_temporary(entry->path().filename().string()) &&
        entry->symlink_status(ignored).type() == fs::file_type::regular)
      found.push_back(entry->path());
  }
  for (const fs::path& path : found)
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_io_error(path, "removed", errno);
}

}  // namespace lenet
