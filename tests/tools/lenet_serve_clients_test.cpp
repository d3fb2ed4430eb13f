// Clients of lenet_serve that are wrong, slow or many.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/random.hpp"
#include "tests/tools/served.hpp"

using namespace lenet;
using namespace lenet::cli;
using Json = nlohmann::json;

TEST_CASE_METHOD(Served, "a request that is malformed gets a status of 4xx and the reason", "[lenet_serve]") {
  start();
  const std::string host = "Host: localhost\r\n", end = "Connection: close\r\n\r\n";
  struct Case {
    std::string request;
    int status;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {"hello\r\n\r\n", 400, "not well-formed"},
      {std::string(2000, '\0') + "\r\n\r\n", 400, "not well-formed"},
      {"\x16\x03\x01\x02\r\n\r\n", 400, "not well-formed"},
      {"GET / HTTP/3.0\r\n" + host + end, 400, "not well-formed"},
      {"GET / HTTP/1.1\r\n" + end, 400, "one Host header"},
      {"GET / HTTP/1.1\r\n" + host + host + end, 400, "one Host header"},
      {"GET /etc/passwd HTTP/1.1\r\n" + host + end, 404, "nothing at '/etc/passwd'"},
      {"GET /../../etc/passwd HTTP/1.1\r\n" + host + end, 404, "nothing at"},
      {"GET /%ff%00 HTTP/1.1\r\n" + host + end, 404, "nothing at"},
      {"GET /predict HTTP/1.1\r\n" + host + end, 405, "takes POST"},
      {"DELETE / HTTP/1.1\r\n" + host + end, 405, "takes GET, HEAD"},
      {"OPTIONS /predict HTTP/1.1\r\n" + host + end, 405, "takes POST"},
      {"GET / HTTP/1.1\r\nContent-Length: 5\r\n" + host + end + "hello", 400, "has no body"},
      {"POST /predict HTTP/1.1\r\nContent-Type: image/png\r\n" + host + end, 411, "Content-Length"},
      {"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + end + "0\r\n\r\n", 411,
       "Content-Length"},
      {"POST /predict HTTP/1.1\r\nContent-Length: -1\r\n" + host + end, 400, "not a number of bytes"},
      {"POST /predict HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + host + end, 400,
       "not a number"},
      {"POST /predict HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n" + host + end, 400,
       "not a number"},
      {post("image/png", "x", "Content-Encoding: gzip\r\n"), 415, "Content-Encoding"},
      {get("/", "Range: bytes=9-0\r\n"), 416, "Range"},
      {"GET /" + std::string(10'000, 'a') + " HTTP/1.1\r\n" + host + end, 414, "too long"},
      {"GET " + std::string(100'000, 'a'), 431, "have more than 16.0 KiB"},
  };
  for (const Case& bad : cases) {
    const HttpAnswer answer = ask(bad.request);
    INFO(bad.request.substr(0, 100) << "\n" << answer.head << answer.body);
    REQUIRE(answer.status == bad.status);
    CHECK_THAT(error_in(answer), contains(bad.reason));
  }
  CHECK(is_alive());
}

TEST_CASE_METHOD(Served, "headers within the limits are taken, and above them refused with the limit",
                 "[lenet_serve]") {
  start();
  struct Case {
    std::string headers;
    std::string limit;  ///< in the reason of a refusal; empty if it is taken
  };
  // A header of that many bytes with its line's end.
  const auto header = [](std::size_t bytes) { return "A: " + std::string(bytes - 5, 'a') + "\r\n"; };
  const auto headers = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "A: b\r\n";
    return text;
  };
  constexpr int kOwn = 2;  // in the requests of get()
  const std::vector<Case> cases = {
      {header(1000), ""},
      {header(8192), ""},
      {header(8193), "a header has more than 8.0 KiB"},
      {header(12'000), "a header has more than 8.0 KiB"},
      {header(100'000), "a header has more than 8.0 KiB"},
      {"B: c\r\n" + header(9000), "a header has more than 8.0 KiB"},
      {header(8000) + header(8000), ""},
      {header(8000) + header(8000) + header(8000), "have more than 16.0 KiB"},
      {headers(100 - kOwn), ""},
      {headers(101 - kOwn), "more than 100 headers"},
      {headers(10'000), "more than 100 headers"},
  };
  for (const Case& sent : cases) {
    const HttpAnswer answer = ask(get("/health", sent.headers));
    INFO(sent.headers.substr(0, 60) << ", " << sent.headers.size() << " bytes\n"
                                    << answer.head << answer.body);
    REQUIRE(answer.status == (sent.limit.empty() ? 200 : 431));
    if (answer.status == 431) CHECK_THAT(error_in(answer), contains(sent.limit));
  }
  CHECK(is_alive());
}

TEST_CASE_METHOD(Served, "only a page that calls the server by its own name gets answers", "[lenet_serve]") {
  start();
  const auto status_for = [&](const std::string& host) {
    return ask("GET / HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n\r\n").status;
  };
  for (const char* own :
       {"localhost", "localhost:8080", "LocalHost:1", "127.0.0.1", "127.0.0.1:8080", "[::1]:8080"})
    CHECK(status_for(own) == 200);
  for (const char* other :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "192.168.1.7", "[::2]", "[::1", "localhost:80x", "localhost:", "::1", "127.0.0.1@evil"})
    CHECK(status_for(other) == 403);
  CHECK_THAT(error_in(ask("GET / HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n")),
             contains("not 'evil.example'"));
}

TEST_CASE_METHOD(Served, "a server for all addresses is called by any of them, but by no other's name",
                 "[lenet_serve]") {
  start({"--host", "0.0.0.0"});
  for (const char* own : {"192.168.1.7:8080", "[fe80::1]:80", "localhost"})
    CHECK(ask("GET / HTTP/1.1\r\nConnection: close\r\nHost: " + std::string(own) + "\r\n\r\n").status == 200);
  CHECK(ask("GET / HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n").status == 403);
  server->send(SIGTERM);
  CHECK_THAT(server->wait().errors, contains("asks for no password"));
}

TEST_CASE_METHOD(Served, "a connection takes several requests, but nothing after one that was refused",
                 "[lenet_serve]") {
  start();
  const std::string next = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const auto answers_to = [&](const std::string& requests) {
    const HttpClient client(port);
    client.send(requests);
    const std::string text = client.receive_all();
    const std::regex start_line("HTTP/1.1 [0-9]+");
    return std::distance(std::sregex_iterator(text.begin(), text.end(), start_line), std::sregex_iterator());
  };
  CHECK(answers_to(next + next + get("/health")) == 3);
  // The second request would be in the body of the first.
  CHECK(
      answers_to("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: " +
                 std::to_string(next.size()) + "\r\n\r\n" + next) == 1);
  CHECK(answers_to("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
                   next) == 1);
}

TEST_CASE_METHOD(Served, "a request that comes too slowly is ended", "[lenet_serve]") {
  start({"--timeout", "1"});
  const std::vector<std::string> beginnings = {"GET / HTTP/1.1\r\n",
                                               "GET / HTTP/1.1\r\nHost: localhost\r\nA: b",
                                               "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                                               "image/png\r\nContent-Length: 1000000\r\n\r\nabc"};
  for (const std::string& beginning : beginnings) {
    INFO(beginning);
    const HttpClient client(port);
    client.send(beginning);
    std::string answer;
    while (answer.empty() && client.send("x")) {  // as long as it is not ended, a byte now and then
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      answer = client.receive_waiting();
    }
    CHECK(parse_answer(answer).status == 408);
    CHECK_THAT(answer, contains("did not come in time"));
  }
  // A client that says nothing is left without an answer.
  CHECK(HttpClient(port).receive_all().empty());
}

TEST_CASE_METHOD(Served, "slow clients keep no others out", "[lenet_serve]") {
  start({"--timeout", "3600"});
  std::vector<std::unique_ptr<HttpClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<HttpClient>(port));
    if (i % 3 != 0) slow.back()->send("POST /predict HTTP/1.1\r\nHost: localhost\r\n");
  }
  CHECK(is_alive());
  CHECK(ask(post("image/x-pgm", as_pgm(some_page(0)))).status == 200);
}

TEST_CASE_METHOD(Served, "a thousand connections at a time are answered, and take no memory that stays",
                 "[lenet_serve]") {
  constexpr std::size_t kCount = 1000;
  if (raise_file_limit() < kCount + 100) LENET_SKIP("a process may not have 1,100 open files here");
  start();
  const std::string numbers = Json(std::vector<int>(784, 128)).dump();
  const std::string request = post("application/json", numbers);
  const auto answered_at_a_time = [&] {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (std::size_t i = 0; i < kCount; ++i) {
      clients.push_back(std::make_unique<HttpClient>(port));
      clients.back()->send(request);
    }
    return std::ranges::count_if(
        clients, [](const auto& client) { return parse_answer(client->receive_all()).status == 200; });
  };
  CHECK(answered_at_a_time() == kCount);
  const std::int64_t before = memory_kib();
  for (int round = 0; round < 3; ++round) CHECK(answered_at_a_time() == kCount);
#ifdef __SANITIZE_ADDRESS__
  constexpr std::int64_t kMayGrow = 512 << 10;  // the sanitizer keeps freed memory for a while
#else
  constexpr std::int64_t kMayGrow = 8 << 10;
#endif
  CHECK(memory_kib() < before + kMayGrow);
}

TEST_CASE_METHOD(Served, "random bytes and requests that are cut off do the server no harm",
                 "[lenet_serve]") {
  start();
  const std::string whole = post("image/x-pgm", as_pgm(some_page(0)));
  for (std::size_t size = 1; size < 200; size += 7) HttpClient(port).send(whole.substr(0, size));
  HttpClient(port).send(whole.substr(0, whole.size() - 1));
  RandomSequence random(1, RandomStream::synthetic_digits, 0);
  for (int i = 0; i < 200; ++i) {
    std::string bytes = i % 2 ? whole.substr(0, 150) : "";
    for (std::uint32_t count = random.below(300); count > 0; --count) {
      const char byte = static_cast<char>(random.below(256));
      if (i % 2)
        bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] = byte;
      else
        bytes += byte;
    }
    HttpClient(port).send(bytes + "\r\n\r\n");
  }
  CHECK(is_alive());
}

TEST_CASE_METHOD(Served,
                 "SIGINT and SIGTERM end the server in the middle of a request, with their exit codes",
                 "[lenet_serve]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    start();
    const HttpClient half(port), silent(port);
    half.send("POST /predict HTTP/1.1\r\nHost: localhost\r\n");
    REQUIRE(is_alive());
    server->send(signal);
    CHECK(parse_answer(half.receive_all()).status == 503);
    CHECK(silent.receive_all().empty());
    const ProcessResult result = server->wait();
    CHECK(result.exit_code == 128 + signal);
    CHECK(result.errors.empty());
  }
}
