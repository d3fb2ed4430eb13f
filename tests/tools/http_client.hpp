#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>

#include "engine/core/descriptor.hpp"

/// A client that sends bytes as a test wants them, right or wrong.
namespace lenet {

/// An answer as it came. Status 0 if there is none.
struct HttpAnswer {
  int status = 0;
  std::string head;
  std::string body;
};

inline HttpAnswer parse_answer(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || end == text.npos) return {};
  return {
      .status = std::stoi(text.substr(9, 3)), .head = text.substr(0, end + 2), .body = text.substr(end + 4)};
}

class HttpClient {
 public:
  /// Connects to a server on this machine.
  explicit HttpClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
  }

  /// Returns false if the server has closed the connection.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Returns all that comes until the server closes the connection.
  std::string receive_all() const {
    std::string text;
    char part[4096];
    for (ssize_t got = 0; (got = ::recv(socket_.get(), part, sizeof part, 0)) > 0;)
      text.append(part, static_cast<std::size_t>(got));
    return text;
  }
  /// Returns what has come by now, without waiting.
  std::string receive_waiting() const {
    char part[4096];
    const ssize_t got = ::recv(socket_.get(), part, sizeof part, MSG_DONTWAIT);
    return {part, static_cast<std::size_t>(got > 0 ? got : 0)};
  }

 private:
  Descriptor socket_;
};

/// Sends a whole request and returns the answer.
inline HttpAnswer answer_to(int port, std::string_view request) {
  const HttpClient client(port);
  client.send(request);
  return parse_answer(client.receive_all());
}

/// Lets this process have as many open files as it may. Returns their number.
inline std::uint64_t raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace lenet
