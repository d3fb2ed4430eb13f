#include "engine/core/append_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "engine/core/io_error.hpp"
#include "engine/core/sync.hpp"

namespace lenet {
namespace {

constexpr int kFlags = O_WRONLY | O_APPEND;

}  // namespace

AppendFile::AppendFile(std::filesystem::path path, Open how)
    : path_(std::move(path)),
      descriptor_(open_descriptor(path_, how == Open::created ? kFlags | O_CREAT | O_EXCL : kFlags, 0666)) {
  if (!descriptor_) throw_io_error(path_, how == Open::created ? "made" : "opened", errno);
  size_ = ::lseek(descriptor_.get(), 0, SEEK_END);
  if (how == Open::created) sync_folder(path_.parent_path());
}

void AppendFile::append(std::string_view bytes) {
  // A write that is cut short (a full disk, a signal) reports the reason at the next call.
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t written = ::write(descriptor_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      [[maybe_unused]] const int cut = ::ftruncate(descriptor_.get(), size_);  // readers ignore a torn end
      throw_io_error(path_, "written", error);
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  size_ += static_cast<std::int64_t>(bytes.size());
}

void AppendFile::sync() const { sync_file(descriptor_, path_); }

void AppendFiles::add(const std::shared_ptr<AppendFile>& file) {
  const std::lock_guard lock(mutex_);
  files_.push_back(file);
}

void AppendFiles::sync() const {
  std::vector<std::weak_ptr<AppendFile>> files;
  {
    const std::lock_guard lock(mutex_);
    files = files_;
  }
  for (const auto& file : files)
    if (const auto open = file.lock()) open->sync();
}

}  // namespace lenet
