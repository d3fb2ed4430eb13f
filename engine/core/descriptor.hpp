#pragma once

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace lenet {

/// Owns a file descriptor, or nothing if it is -1.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// Closes the descriptor and returns the result of close(2), which may report a failed write for the first
  /// time. An interrupted close has closed it.
  int close() {
    const int result = ::close(std::exchange(number_, -1));
    return result != 0 && errno == EINTR ? 0 : result;
  }

 private:
  int number_ = -1;
};

/// Opens a file as open(2) does, on and on if a signal interrupts it. No other program inherits the
/// descriptor, which is empty on failure: errno says why.
inline Descriptor open_descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0) {
  for (;;) {
    Descriptor opened(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (opened || errno != EINTR) return opened;
  }
}

}  // namespace lenet
