#pragma once

#include <functional>

#include "tools/serve/connection.hpp"
#include "tools/serve/http_server.hpp"
#include "tools/serve/listener.hpp"

namespace lenet::serve {

/// Clients that are served at the same time. Others wait until one of these leaves, or has had its time.
inline constexpr int kPlaces = 128;

/// Serves clients until `stops` returns true, and answers the requests that have come whole by then.
void serve_clients(const Listener& listener, HttpServer& server, const ConnectionLimits& limits,
                   const std::function<bool()>& stops);

}  // namespace lenet::serve
