#pragma once

#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/targets.hpp"

namespace lenet::fuzz {

/// A regular file in memory, for readers that take a path: a disk would be the slowest part of a target.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::runtime_error("no file in memory can be made");
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  void set(Bytes bytes) {
    const auto size = static_cast<off_t>(bytes.size());
    if (::ftruncate(descriptor_, size) != 0 ||
        ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("a file in memory cannot be written");
  }

 private:
  int descriptor_;
};

}  // namespace lenet::fuzz
