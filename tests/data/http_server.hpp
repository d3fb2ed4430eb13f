#pragma once

#include <functional>
#include <string>
#include <thread>

/// Web server on 127.0.0.1 whose answers a test determines.
class HttpServer {
 public:
  /// `answer` gets the path of each request ("/train.gz") and returns the whole response with its headers. An
  /// empty text closes the connection; kHang leaves it open without a response.
  using Answer = std::function<std::string(const std::string& path)>;
  static constexpr const char* kHang = "hang";

  explicit HttpServer(Answer answer);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  void serve();

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

/// Returns a response with this body. Its header announces `promised` bytes, or as many as there are.
std::string http_response(const std::string& status, const std::string& body, long promised = -1);
