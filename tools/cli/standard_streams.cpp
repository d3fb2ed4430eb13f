#include "tools/cli/standard_streams.hpp"

#include <cerrno>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <unistd.h>

namespace lenet::cli {
namespace {

constexpr int kFirstOther = 3;

int output = STDOUT_FILENO;

// open() takes the lowest free number, which is the closed one, because those below it are open by then.
void open_closed_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    if (::open("/dev/null", O_RDWR) < 0) [[maybe_unused]]
      const int placeholder = ::open("/", O_RDONLY);
  }
}

}  // namespace

DescriptorBuffer::DescriptorBuffer(int descriptor) : descriptor_(descriptor) {
  setp(bytes_.data(), bytes_.data() + bytes_.size());
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type letter) {
  if (sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(letter, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(letter);
    pbump(1);
  }
  return traits_type::not_eof(letter);
}

int DescriptorBuffer::sync() {
  write_all({pbase(), static_cast<std::size_t>(pptr() - pbase())});
  setp(bytes_.data(), bytes_.data() + bytes_.size());
  return error_ == 0 ? 0 : -1;
}

void DescriptorBuffer::write_all(std::string_view bytes) {
  while (!bytes.empty() && error_ == 0) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

StandardStreams::StandardStreams() {
  open_closed_streams();
  std::cout.flush();
  answers_ = Descriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, kFirstOther));
  // Without a free descriptor, libraries share the number with the program.
  if (answers_) ::dup2(STDERR_FILENO, STDOUT_FILENO);
  output = answers_ ? answers_.get() : STDOUT_FILENO;
  output_ = std::make_unique<DescriptorBuffer>(output);
  errors_ = std::make_unique<DescriptorBuffer>(STDERR_FILENO);
  earlier_output_ = std::cout.rdbuf(output_.get());
  earlier_errors_ = std::cerr.rdbuf(errors_.get());
}

StandardStreams::~StandardStreams() {
  std::cout.flush();
  std::cout.rdbuf(earlier_output_);
  std::cerr.rdbuf(earlier_errors_);
  output = STDOUT_FILENO;
}

int StandardStreams::flush() {
  std::cout.flush();
  return output_->error();
}

int output_descriptor() { return output; }

}  // namespace lenet::cli
