#pragma once

#include <cstdint>
#include <string>

#include "engine/core/descriptor.hpp"

namespace lenet::serve {

/// A socket that clients connect to.
class Listener {
 public:
  /// Binds to a name or an address, and a port; 0 for a free one. Throws IoError.
  Listener(const std::string& host, std::int64_t port);

  std::int64_t port() const { return port_; }
  /// Returns whether only programs of this machine can connect.
  bool is_local() const { return is_local_; }
  /// Returns whether it listens on every address of this machine, as for 0.0.0.0 and ::.
  bool is_everywhere() const { return is_everywhere_; }

  /// Waits for a client, 100 ms at most, and not if a signal comes. Returns whether there is one.
  bool wait() const;
  /// Returns the connection of a client, or an empty descriptor if it has gone.
  Descriptor accept() const;

 private:
  Descriptor socket_;
  std::int64_t port_ = 0;
  bool is_local_ = false;
  bool is_everywhere_ = false;
};

}  // namespace lenet::serve
