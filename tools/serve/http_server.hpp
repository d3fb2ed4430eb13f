#pragma once

#include <memory>

#include "tools/serve/connection.hpp"
#include "tools/serve/host_names.hpp"
#include "tools/serve/predictor.hpp"

namespace lenet::serve {

/// Speaks HTTP: the page to draw on, POST /predict and GET /health. Every answer but the page's files is
/// JSON; that to a wrong request is {"error": reason}.
class HttpServer {
 public:
  HttpServer(Predictor& predictor, HostNames names);
  ~HttpServer();

  /// Answers the requests of a connection one after the other, and closes it. Safe to call from any thread.
  void serve(Connection& connection);

 private:
  class Http;
  std::unique_ptr<Http> http_;
};

}  // namespace lenet::serve
