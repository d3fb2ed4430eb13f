#include "engine/core/file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "engine/core/atomic_file.hpp"
#include "engine/core/input_file.hpp"
#include "engine/core/io_error.hpp"
#include "engine/core/sync.hpp"
#include "engine/core/text.hpp"

namespace lenet {

std::string read_file(const std::filesystem::path& path, std::size_t largest) {
  InputFile file(path);
  std::string bytes;
  std::array<char, 64 * 1024> block;
  for (std::size_t got = block.size(); got == block.size();) {
    got = file.read(std::as_writable_bytes(std::span(block)));
    if (got > largest - bytes.size())
      throw IoError(path.string() + ": is larger than " + bytes_text(static_cast<std::int64_t>(largest)) +
                    ", the most that is read");
    bytes.append(block.data(), got);
  }
  return bytes;
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

void cut_file(const std::filesystem::path& path, std::uint64_t size) {
  const Descriptor file = open_descriptor(path, O_WRONLY);
  if (!file) throw_io_error(path, "opened", errno);
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) throw_io_error(path, "cut", errno);
  sync_file(file, path);
}

void remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_io_error(path, "removed", errno);
}

}  // namespace lenet
