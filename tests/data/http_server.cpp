#include "tests/data/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

HttpServer::HttpServer(Answer answer) : answer_(std::move(answer)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("no port for a test server");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  ::close(listener_);
}

void HttpServer::serve() {
  std::vector<int> hanging;
  for (int connection; (connection = ::accept(listener_, nullptr, nullptr)) >= 0;) {
    std::string request;
    char part[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(connection, part, sizeof part, 0);
      if (got <= 0) break;
      request.append(part, static_cast<std::size_t>(got));
    }
    const std::size_t from = request.find(' ') + 1;
    const std::string response = answer_(request.substr(from, request.find(' ', from) - from));
    if (response == kHang) {
      hanging.push_back(connection);
      continue;
    }
    for (std::size_t sent = 0; sent < response.size();) {
      const ssize_t now = ::send(connection, response.data() + sent, response.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) break;
      sent += static_cast<std::size_t>(now);
    }
    ::close(connection);
  }
  for (const int connection : hanging) ::close(connection);
}

std::string http_response(const std::string& status, const std::string& body, long promised) {
  const long length = promised >= 0 ? promised : static_cast<long>(body.size());
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(length) +
         "\r\nConnection: close\r\n\r\n" + body;
}
