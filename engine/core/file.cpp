#include "engine/core/file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string>
#include <unistd.h>
#include <utility>

#include "engine/core/descriptor.hpp"
#include "engine/core/error.hpp"

namespace lenet {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what, int error) {
  throw IoError(path.string() + ": cannot " + what + ": " + std::strerror(error));
}

void write_all(const Descriptor& file, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "write", errno);
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
  fail(target, "create", errno);
}

void write_and_sync(Descriptor file, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  write_all(file, path, bytes);
  if (::fsync(file.get()) != 0) fail(path, "flush to the disk", errno);
  if (file.close() != 0) fail(path, "close", errno);
}

// Ignores EINVAL: some file systems cannot sync a folder.
void sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) fail(folder, "open", errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL) fail(folder, "flush to the disk", errno);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail(path, "open", errno);
  std::string bytes;
  std::array<char, 64 * 1024> block;
  for (;;) {
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "read", errno);
    if (count == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  Temporary temporary = create_temporary(path);
  try {
    write_and_sync(std::move(temporary.file), path, bytes);
    if (::rename(temporary.path.c_str(), path.c_str()) != 0) fail(path, "replace", errno);
  } catch (...) {
    ::unlink(temporary.path.c_str());
    throw;
  }
  sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace lenet
