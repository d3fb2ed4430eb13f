#pragma once

#include <functional>
#include <string>
#include <thread>

/// A web server on 127.0.0.1 that answers as badly as a test wants it to.
class HttpServer {
 public:
  /// `answer` gets the path of each request ("/train.gz") and returns all that is sent back, headers
  /// included. An empty text closes the connection; kHang leaves it open without a word.
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

/// A response with this body; `promised` bytes are announced, or as many as there are.
std::string http_response(const std::string& status, const std::string& body, long promised = -1);
