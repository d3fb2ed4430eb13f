#include "tools/serve/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace lenet::serve {
namespace {

using std::chrono::milliseconds;

// Time after which a connection looks at the server's state again.
constexpr milliseconds kMoment{50};
// For a client that still sends to read the answer: a connection that is closed at once drops it.
constexpr milliseconds kFarewell{500};

bool is_passing(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Connection::Connection(Descriptor socket, const ConnectionLimits& limits, const ServerState& server)
    : socket_(std::move(socket)), limits_(limits), server_(server) {}

bool Connection::wait_for(short event, Clock::time_point deadline) const {
  const auto rest = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  pollfd waited{.fd = socket_.get(), .events = event, .revents = 0};
  return ::poll(&waited, 1, static_cast<int>(std::clamp(rest, milliseconds{0}, kMoment).count())) > 0;
}

bool Connection::receive() {
  const ssize_t got = ::recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0 && is_passing(errno)) return true;
  if (got <= 0) return false;
  unread_ = std::span(buffer_).first(static_cast<std::size_t>(got));
  return true;
}

bool Connection::wait_for_request() {
  const auto began = Clock::now();
  const milliseconds patience = is_first_ ? limits_.request : limits_.idle;
  is_first_ = false;
  while (unread_.empty()) {
    const auto now = Clock::now();
    if (server_.stopping || now >= began + patience || (server_.crowded && now >= began + limits_.crowded))
      return false;
    if (wait_for(POLLIN, began + patience) && !receive()) return false;
  }
  request_began_ = Clock::now();
  allowance_ = static_cast<std::uint64_t>(limits_.head_bytes);
  is_head_ = true;
  line_ = 0;
  line_bytes_ = 0;
  return true;
}

bool Connection::fill() {
  while (unread_.empty()) {
    const auto deadline = request_began_ + limit();
    if (server_.stopping)
      end_ = End::server_stops;
    else if (Clock::now() >= deadline)
      end_ = End::slow;
    else if (wait_for(POLLIN, deadline) && !receive())
      end_ = End::closed;
    if (end_ != End::none) return false;
  }
  return true;
}

void Connection::count_headers(std::span<const char> bytes) {
  constexpr std::int64_t kLineEnd = 2;
  for (const char byte : bytes) {
    ++line_bytes_;
    if (line_ > 0 && line_bytes_ > limits_.header_bytes) end_ = End::long_header;
    if (line_ > limits_.headers && line_bytes_ > kLineEnd) end_ = End::many_headers;
    if (byte != '\n') continue;
    ++line_;
    line_bytes_ = 0;
  }
}

std::size_t Connection::read(std::span<char> bytes) {
  if (end_ != End::none) return 0;
  if (allowance_ == 0) end_ = End::long_head;  // of a body, no more is read than was announced
  if (end_ != End::none || !fill()) return 0;
  const std::size_t count = std::min<std::uint64_t>({bytes.size(), unread_.size(), allowance_});
  std::ranges::copy(unread_.first(count), bytes.begin());
  unread_ = unread_.subspan(count);
  allowance_ -= count;
  if (is_head_) count_headers(bytes.first(count));
  return end_ == End::none ? count : 0;
}

bool Connection::write(std::string_view bytes) {
  const auto began = Clock::now();
  while (!bytes.empty()) {
    const auto deadline = began + (server_.stopping ? limits_.crowded : limit());
    if (Clock::now() >= deadline) return false;
    if (!wait_for(POLLOUT, deadline)) continue;
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (!is_passing(errno))
      return false;
  }
  return true;
}

void Connection::finish() {
  ::shutdown(socket_.get(), SHUT_WR);
  const auto deadline = Clock::now() + kFarewell;
  while (end_ != End::closed && !server_.stopping && !server_.crowded && Clock::now() < deadline)
    if (wait_for(POLLIN, deadline) && !receive()) break;
}

}  // namespace lenet::serve
