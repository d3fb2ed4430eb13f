#include "engine/core/file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <random>
#include <string>
#include <unistd.h>
#include <utility>

#include "engine/core/descriptor.hpp"
#include "engine/core/io_error.hpp"
#include "engine/core/sync.hpp"

namespace lenet {
namespace {

void write_all(const Descriptor& file, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_io_error(path, "written", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

/// A newly created file in the folder of `target`.
struct Temporary {
  std::filesystem::path path;
  Descriptor file;
};

/// Creates it under a random name. A name made from the process id could already be taken: ids repeat in
/// containers, and a killed process leaves its file there. Errors name the target, which the user knows.
Temporary create_temporary(const std::filesystem::path& target) {
  constexpr int kAttempts = 100;
  std::random_device random;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::array<char, 16> suffix{};
    std::snprintf(suffix.data(), suffix.size(), ".tmp-%08x", random());
    std::filesystem::path path = target;
    path += suffix.data();
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file) return {std::move(path), std::move(file)};
    if (errno != EEXIST) break;
  }
  throw_io_error(target, "made", errno);
}

void write_and_sync(Descriptor file, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  write_all(file, path, bytes);
  sync_file(file, path);
  if (file.close() != 0) throw_io_error(path, "closed", errno);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_io_error(path, "opened", errno);
  std::string bytes;
  std::array<char, 64 * 1024> block;
  for (;;) {
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_io_error(path, "read", errno);
    if (count == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  Temporary temporary = create_temporary(path);
  try {
    write_and_sync(std::move(temporary.file), path, bytes);
    if (::rename(temporary.path.c_str(), path.c_str()) != 0) throw_io_error(path, "replaced", errno);
  } catch (...) {
    ::unlink(temporary.path.c_str());
    throw;
  }
  sync_folder(path.parent_path());
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

void cut_file(const std::filesystem::path& path, std::uint64_t size) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) throw_io_error(path, "opened", errno);
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) throw_io_error(path, "cut", errno);
  sync_file(file, path);
}

void remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_io_error(path, "removed", errno);
}

}  // namespace lenet
