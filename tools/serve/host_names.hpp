#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lenet::serve {

/// The names by which requests may call the server. A page of another site whose name was made to point to
/// this machine (DNS rebinding) calls it by that name, and is refused.
struct HostNames {
  std::string host;          ///< the value of --host
  bool any_address = false;  ///< accept every IP address: one cannot be made to point elsewhere

  /// Returns whether the value of a Host header, with or without a port, is one of the names.
  bool accept(std::string_view header) const;
};

/// Returns the host as it is written in a URL: an IPv6 address in brackets.
std::string url_host(const std::string& host);

}  // namespace lenet::serve
