#include "tools/serve/http_server.hpp"

#include <exception>
#include <fmt/format.h>
#include <functional>
#include <httplib.h>
#include <new>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "tools/serve/page.hpp"
#include "tools/serve/request_check.hpp"

namespace lenet::serve {
namespace {

constexpr const char* kJson = "application/json";
constexpr int kRequestsPerConnection = 1000;

// The page loads nothing from elsewhere, and no other page may show it or read its answers.
const httplib::Headers& security_headers() {
  static const httplib::Headers headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
       "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"Cache-Control", "no-store"},
  };
  return headers;
}

std::string error_text(std::string_view reason) {
  using Json = nlohmann::json;
  return Json{{"error", reason}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void refuse(httplib::Response& response, const Refusal& refusal) {
  response.status = refusal.status;
  if (!refusal.allow.empty()) response.set_header("Allow", refusal.allow);
  response.set_content(error_text(refusal.reason), kJson);
}

/// Returns the reason for a status that the library has chosen itself.
std::string reason_of(int status) {
  switch (status) {
    case 414:
      return "the path is too long";
    case 416:
      return "the Range header is malformed";
    default:
      return status < 500 ? "the request is not well-formed HTTP" : "the request cannot be answered";
  }
}

std::vector<std::string> values_of(const httplib::Request& request, const char* name) {
  std::vector<std::string> values;
  const auto [first, last] = request.headers.equal_range(name);
  for (auto value = first; value != last; ++value) values.push_back(value->second);
  return values;
}

RequestHead head_of(const httplib::Request& request) {
  return {.method = request.method,
          .path = request.path,
          .hosts = values_of(request, "Host"),
          .lengths = values_of(request, "Content-Length"),
          .types = values_of(request, "Content-Type"),
          .has_transfer_encoding = request.has_header("Transfer-Encoding"),
          .has_content_encoding = request.has_header("Content-Encoding")};
}

Refusal refusal_after(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const BodyError& error) {
    return {400, error.what()};
  } catch (const DataError& error) {
    return {422, fmt::format("picture: {}", error.what())};
  } catch (const BusyError& error) {
    return {503, error.what()};
  } catch (const std::bad_alloc&) {
    return {503, "the server is out of memory"};
  } catch (const std::exception& error) {
    return {500, error.what()};
  }
}

/// A connection as the library reads and writes it.
class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection& connection) : connection_(connection) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* bytes, std::size_t size) override {
    const std::size_t count = connection_.read({bytes, size});
    return count > 0 ? static_cast<ssize_t>(count) : -1;
  }
  // What the library says about a request that did not come whole is dropped: the reason is known better
  // here.
  ssize_t write(const char* bytes, std::size_t size) override {
    const bool is_sent = connection_.end() != Connection::End::none || connection_.write({bytes, size});
    return is_sent ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return connection_.descriptor(); }

 private:
  Connection& connection_;
};

/// Answers a request that did not come whole.
void answer_end(Connection& connection) {
  const auto answer = [&](std::string_view status, std::string_view reason) {
    const std::string text = error_text(reason);
    connection.write(
        fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                    status, kJson, text.size(), text));
  };
  constexpr std::string_view kTooLarge = "431 Request Header Fields Too Large";
  constexpr ConnectionLimits kLimits;
  switch (connection.end()) {
    case Connection::End::slow:
      return answer("408 Request Timeout", "the request did not come in time");
    case Connection::End::long_head:
      return answer(kTooLarge, fmt::format("the request line and the headers have more than {}",
                                           bytes_text(kLimits.head_bytes)));
    case Connection::End::long_header:
      return answer(kTooLarge, fmt::format("a header has more than {}", bytes_text(kLimits.header_bytes)));
    case Connection::End::many_headers:
      return answer(kTooLarge, fmt::format("the request has more than {} headers", kLimits.headers));
    case Connection::End::server_stops:
      return answer("503 Service Unavailable", "the server stops");
    case Connection::End::none:
    case Connection::End::closed:
      return;
  }
}

}  // namespace

/// Leaves HTTP to the library. Its own sockets and threads have no limit on the time and the headers of a
/// request, so that connections come from elsewhere.
class HttpServer::Http final : public httplib::Server {
 public:
  Http(Predictor& predictor, HostNames names) : predictor_(predictor), names_(std::move(names)) {
    set_default_headers(security_headers());
    set_keep_alive_max_count(kRequestsPerConnection);
    set_payload_max_length(kMaxPictureBody);
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      const auto refusal = refusal_of(head_of(request), names_);
      if (!refusal) return HandlerResponse::Unhandled;
      refuse(response, *refusal);
      return HandlerResponse::Handled;
    });
    set_expect_100_continue_handler([this](const httplib::Request& request, httplib::Response& response) {
      const auto refusal = refusal_of(head_of(request), names_);
      if (!refusal) return 100;
      refuse(response, *refusal);
      return refusal->status;
    });
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
          refuse(response, refusal_after(std::move(thrown)));
        });
    set_error_handler(Handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) refuse(response, {response.status, reason_of(response.status)});
    }));
    Get("/.*",
        [this](const httplib::Request& request, httplib::Response& response) { get(request, response); });
    Post("/.*", [this](const httplib::Request& request, httplib::Response& response) {
      predict(request, response);
    });
  }

  void serve(Connection& connection) {
    ConnectionStream stream(connection);
    for (int count = 1; count <= kRequestsPerConnection && connection.wait_for_request(); ++count) {
      // After a request that was refused, the rest of the stream may be its body.
      bool is_understood = false;
      bool is_last = count == kRequestsPerConnection;
      const Inspect inspect = [&](httplib::Request& request) {
        request.ranges.clear();                    // answers are small, and sent whole
        request.headers.erase("Accept-Encoding");  // compressing them would take longer than sending
        const RequestHead head = head_of(request);
        connection.begin_body(body_length(head));
        is_understood = !refusal_of(head, names_);
      };
      const bool is_answered = process(&Http::process_request, stream, is_last, inspect);
      answer_end(connection);
      if (!is_answered || !is_understood || is_last || connection.end() != Connection::End::none) break;
    }
    connection.finish();
  }

 private:
  using Inspect = std::function<void(httplib::Request&)>;
  // The library's function in versions before 0.16, and since then.
  using Process = bool (httplib::Server::*)(httplib::Stream&, bool, bool&, const Inspect&);
  using ProcessOfClient = bool (httplib::Server::*)(httplib::Stream&, const std::string&, int,
                                                    const std::string&, int, bool, bool&, const Inspect&);

  bool process(Process function, httplib::Stream& stream, bool& is_last, const Inspect& inspect) {
    return (this->*function)(stream, is_last, is_last, inspect);
  }
  bool process(ProcessOfClient function, httplib::Stream& stream, bool& is_last, const Inspect& inspect) {
    return (this->*function)(stream, "", 0, "", 0, is_last, is_last, inspect);
  }

  void get(const httplib::Request& request, httplib::Response& response) const {
    if (const PageFile* file = page_file(request.path))
      response.set_content(file->text.data(), file->text.size(), std::string(file->type));
    else
      response.set_content(predictor_.health(), kJson);
  }

  void predict(const httplib::Request& request, httplib::Response& response) const {
    const std::string& body = request.body;
    if (body.empty()) throw BodyError("the body is empty");
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
    const Content content = request.has_param("one") ? Content::one : Content::digits;
    response.set_content(is_json(head_of(request)) ? predictor_.predict_numbers(body)
                                                   : predictor_.predict_picture(bytes, content),
                         kJson);
  }

  Predictor& predictor_;
  HostNames names_;
};

HttpServer::HttpServer(Predictor& predictor, HostNames names)
    : http_(std::make_unique<Http>(predictor, std::move(names))) {}

HttpServer::~HttpServer() = default;

void HttpServer::serve(Connection& connection) { http_->serve(connection); }

}  // namespace lenet::serve
