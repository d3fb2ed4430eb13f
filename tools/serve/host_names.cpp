#include "tools/serve/host_names.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <optional>
#include <sys/socket.h>

#include "engine/core/text.hpp"

namespace lenet::serve {
namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
}

/// "[::1]:8080" → "::1", "localhost" → "localhost"; nullopt if it is no host with or without a port.
std::optional<std::string> name_in(std::string_view header) {
  const std::size_t end = header.starts_with('[') ? header.find(']') : header.find(':');
  const bool has_brackets = header.starts_with('[') && end != header.npos;
  const std::string_view name = has_brackets ? header.substr(1, end - 1) : header.substr(0, end);
  const std::string_view rest =
      end == header.npos ? std::string_view() : header.substr(end + (has_brackets ? 1 : 0));
  if (name.empty() || !(rest.empty() || (rest[0] == ':' && is_port(rest.substr(1))))) return std::nullopt;
  return lower(name);
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

}  // namespace

bool HostNames::accept(std::string_view header) const {
  const std::optional<std::string> name = name_in(header);
  if (!name) return false;
  constexpr std::array<std::string_view, 3> kLocal = {"localhost", "127.0.0.1", "::1"};
  return std::ranges::find(kLocal, *name) != kLocal.end() || *name == lower(host) ||
         (any_address && is_address(*name));
}

std::string url_host(const std::string& host) {
  return host.find(':') == host.npos ? host : "[" + host + "]";
}

}  // namespace lenet::serve
