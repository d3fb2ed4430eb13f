#include "tools/serve/listener.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"

namespace lenet::serve {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses addresses_of(const std::string& host, std::int64_t port) {
  const addrinfo hints{
      .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0)
    throw IoError(fmt::format("--host {}: {}", shortened(host),
                              failed == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(failed)));
  return {found, ::freeaddrinfo};
}

[[noreturn]] void refuse_to_listen(const std::string& host, std::int64_t port, int error) {
  if (error == EADDRINUSE)
    throw IoError(fmt::format(
        "port {} is in use by another program: choose another with --port, or --port 0 for a free one",
        port));
  if (error == EACCES)
    throw IoError(fmt::format("port {} is reserved for the administrator: choose one above 1023", port));
  if (error == EADDRNOTAVAIL)
    throw IoError(fmt::format("--host {}: is no address of this machine", shortened(host)));
  throw IoError(fmt::format("cannot listen on {}, port {}: {}", shortened(host), port, std::strerror(error)));
}

/// Opens, binds and listens. Returns an empty descriptor if that fails: errno says why.
Descriptor listening_socket(const addrinfo& address) {
  Descriptor socket(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  // Without it, the port would be taken for a minute after the last server on it.
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    return {};
  return socket;
}

struct Endpoint {
  std::int64_t port = 0;
  bool is_local = false;
  bool is_everywhere = false;
};

Endpoint endpoint_of(const Descriptor& socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  if (bound.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &bound, sizeof address);
    return {.port = ntohs(address.sin6_port),
            .is_local = IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) != 0,
            .is_everywhere = IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr) != 0};
  }
  sockaddr_in address{};
  std::memcpy(&address, &bound, sizeof address);
  const std::uint32_t number = ntohl(address.sin_addr.s_addr);
  return {.port = ntohs(address.sin_port),
          .is_local = number >> 24 == IN_LOOPBACKNET,
          .is_everywhere = number == INADDR_ANY};
}

}  // namespace

Listener::Listener(const std::string& host, std::int64_t port) {
  const Addresses addresses = addresses_of(host, port);
  for (const addrinfo* address = addresses.get(); address && !socket_; address = address->ai_next)
    socket_ = listening_socket(*address);
  if (!socket_) refuse_to_listen(host, port, errno);
  const Endpoint endpoint = endpoint_of(socket_);
  port_ = endpoint.port;
  is_local_ = endpoint.is_local;
  is_everywhere_ = endpoint.is_everywhere;
}

bool Listener::wait() const {
  constexpr int kMilliseconds = 100;
  pollfd waited{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waited, 1, kMilliseconds) > 0;
}

Descriptor Listener::accept() const {
  Descriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  const int on = 1;
  if (client) ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return client;
}

}  // namespace lenet::serve
