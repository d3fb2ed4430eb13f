#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "data/mnist.hpp"
#include "engine/core/error.hpp"
#include "tests/support/png_writer.hpp"
#include "tests/tools/served.hpp"

using namespace lenet;
using namespace lenet::cli;
using Json = nlohmann::json;

TEST_CASE_METHOD(Served, "the page comes with all its files, and may load nothing else", "[lenet_serve]") {
  start();
  const HttpAnswer page = ask(get("/"));
  CHECK(page.status == 200);
  CHECK_THAT(page.head, contains("Content-Type: text/html; charset=utf-8") &&
                            contains("Content-Security-Policy: default-src 'none'; script-src 'self'") &&
                            contains("X-Content-Type-Options: nosniff") && !contains("Access-Control"));
  const std::regex links("(?:href|src)=\"([^\"]+)\"");
  int files = 0;
  for (std::sregex_iterator link(page.body.begin(), page.body.end(), links), end; link != end;
       ++link, ++files) {
    INFO((*link)[1]);
    const HttpAnswer file = ask(get("/" + (*link)[1].str()));
    CHECK(file.status == 200);
    CHECK(file.body == read_all(std::string(LENET_SOURCE_DIR) + "/tools/serve/page/" + (*link)[1].str()));
  }
  CHECK(files == 3);
  // Neither a script nor a style in the page itself: the policy forbids them.
  CHECK_THAT(page.body, !contains("style=") && !contains("<style") && !contains("onclick"));
}

TEST_CASE_METHOD(Served, "a picture gets the probabilities that lenet_predict prints", "[lenet_serve]") {
  start();
  std::vector<std::string> names{"run", "--json", "--device", "cpu", "--threads", "1"};
  for (std::uint64_t i = 0; i < 5; ++i) {
    names.push_back("page" + std::to_string(i) + ".pgm");
    std::ofstream(folder / names.back(), std::ios::binary) << as_pgm(some_page(i));
  }
  const Json expected = Json::parse(predict(names).output);
  REQUIRE(expected.size() == 5);
  for (const Json& digit : expected) {
    const HttpAnswer answer =
        ask(post("image/x-portable-graymap", file(digit["picture"].get<std::string>())));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    CHECK_THAT(answer.head, contains("Content-Type: application/json"));
    const Json json = Json::parse(answer.body);
    CHECK(json["digit"] == digit["digit"]);
    REQUIRE(json["probabilities"].size() == 10);
    for (std::size_t i = 0; i < 10; ++i)
      CHECK(json["probabilities"][i].get<double>() ==
            Approx(digit["probabilities"][i].get<double>()).margin(1e-6));  // of one picture, and among five
    CHECK(json["pixels"].size() == 784);
    CHECK(json["place"] == digit["place"]);
    CHECK(json["more"].empty());
  }
}

TEST_CASE_METHOD(Served,
                 "a picture with several digits gets an answer for each, or one if it is said to show one",
                 "[lenet_serve]") {
  start();
  const pictures::Picture left = some_page(0), right = some_page(1);
  pictures::Picture both{.width = 2 * left.width, .height = left.height, .grey = {}};
  for (std::int64_t y = 0; y < left.height; ++y)
    for (const pictures::Picture* half : {&left, &right}) {
      const auto row = half->grey.begin() + y * left.width;
      both.grey.insert(both.grey.end(), row, row + left.width);
    }
  std::ofstream(folder / "both.pgm", std::ios::binary) << as_pgm(both);
  const Json expected =
      Json::parse(predict({"run", "--json", "--device", "cpu", "--threads", "1", "both.pgm"}).output);
  REQUIRE(expected.size() == 2);
  const Json json = Json::parse(ask(post("image/x-pgm", as_pgm(both))).body);
  CHECK(json["digit"] == expected[0]["digit"]);
  REQUIRE(json["more"].size() == 1);
  CHECK(json["more"][0]["digit"] == expected[1]["digit"]);
  CHECK(json["more"][0]["place"] == expected[1]["place"]);
  std::string as_one = post("image/x-pgm", as_pgm(both));
  as_one.replace(as_one.find("/predict"), 8, "/predict?one");
  const Json one = Json::parse(ask(as_one).body);
  CHECK(one["pixels"].size() == 784);
  CHECK_FALSE(one.contains("more"));
}

TEST_CASE_METHOD(Served, "784 numbers are read as pixels", "[lenet_serve]") {
  start();
  const Json expected = Json::parse(
      predict({"run", "--json", "--device", "cpu", "--threads", "1", "--data", "data", "--index", "0-9"})
          .output);
  const data::Samples test = data::load_mnist((folder / "data").string(), 0).test;
  for (std::size_t i = 0; i < 10; ++i) {
    const std::vector<int> pixels(test.pixels.begin() + static_cast<std::ptrdiff_t>(i * 784),
                                  test.pixels.begin() + static_cast<std::ptrdiff_t>((i + 1) * 784));
    const HttpAnswer answer = ask(post("application/json; charset=utf-8", Json(pixels).dump()));
    REQUIRE(answer.status == 200);
    const Json json = Json::parse(answer.body);
    CHECK(json["pixels"] == Json(pixels));
    CHECK(json["digit"] == expected[i]["digit"]);
    CHECK(json["probabilities"][3].get<double>() ==
          Approx(expected[i]["probabilities"][3].get<double>()).margin(1e-6));
  }
}

TEST_CASE_METHOD(Served, "a body that is not what it should be gets a status of 4xx and the reason",
                 "[lenet_serve]") {
  start();
  struct Case {
    std::string type;
    std::string body;
    int status;
    std::string reason;
  };
  std::string scaled = "[0.5", outside = "[256", text = "[\"a\"";
  for (int i = 1; i < 784; ++i)
    for (std::string* array : {&scaled, &outside, &text}) *array += ",0";
  const std::vector<Case> cases = {
      {"application/json", "[1,2", 400, "not JSON"},
      {"application/json", "{\"pixels\":[]}", 400, "not a JSON array of numbers"},
      {"application/json", text + "]", 400, "not a JSON array of numbers"},
      {"application/json", "[[1]]", 400, "not a JSON array of numbers"},
      {"application/json", std::string(60'000, '['), 400, "not JSON"},
      {"application/json", "[1,2,3]", 400, "has 3 numbers, expected 784"},
      {"application/json", scaled + "]", 400, "scaled to 0 to 1"},
      {"application/json", outside + "]", 400, "outside of 0 to 255"},
      {"application/json", "[1e999]", 400, "JSON"},
      {"application/json", std::string(70'000, ' '), 413, "more than 64.0 KiB"},
      {"application/json", "", 400, "empty"},
      {"image/png", "", 400, "empty"},
      {"image/png", "this is no picture", 422, "picture: is no PNG"},
      {"image/png", write_png({64, 64, 8, 0}, std::string(64 * 64, '\xf0')), 422, "picture: no digit found"},
      {"image/png", write_png({60'000, 60'000, 8, 0}, ""), 422, "60000×60000"},
      {"image/png", std::string((16 << 20) + 1, 'x'), 413, "more than 16.0 MiB"},
      {"text/plain", "1", 415, "Content-Type: image/png"},
      {"application/x-www-form-urlencoded", "a=1", 415, "Content-Type: image/png"},
      {"multipart/form-data; boundary=x", "--x--", 415, "Content-Type: image/png"},
  };
  for (const Case& bad : cases) {
    const HttpAnswer answer = ask(post(bad.type, bad.body));
    INFO(bad.type << " " << bad.reason << "\n" << answer.head << answer.body);
    REQUIRE(answer.status == bad.status);
    CHECK_THAT(answer.head, contains("Content-Type: application/json"));
    CHECK_THAT(error_in(answer), contains(bad.reason));
  }
  CHECK(is_alive());
}

TEST_CASE_METHOD(Served, "answers come whole and uncompressed, whatever a client would like",
                 "[lenet_serve]") {
  start();
  const std::string page = ask(get("/")).body;
  std::string ranges = "Range: bytes=0-0";
  while (ranges.size() < 4000) ranges += ",0-";
  for (const std::string& headers : {std::string("Accept-Encoding: br, gzip\r\n"), ranges + "\r\n"}) {
    const HttpAnswer answer = ask(get("/", headers));
    CHECK(answer.status == 200);
    CHECK(answer.body == page);
    CHECK_THAT(answer.head, !contains("Content-Encoding"));
  }
  const HttpAnswer head = ask("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
}

TEST_CASE_METHOD(Served, "a large picture is sent only after the server has agreed", "[lenet_serve]") {
  start();
  const std::string head =
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n";
  const HttpAnswer refused = ask(head + "Content-Type: image/png\r\nContent-Length: 99000000\r\n\r\n");
  CHECK(refused.status == 413);
  const std::string body = as_pgm(some_page(0));
  const HttpClient client(port);
  client.send(head + "Content-Type: image/x-pgm\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  std::string agreed;
  while (agreed.find("\r\n\r\n") == agreed.npos) agreed += client.receive_waiting();
  CHECK(agreed == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  CHECK(parse_answer(client.receive_all()).status == 200);
}

TEST_CASE_METHOD(Served, "wrong usage of lenet_serve is told in one line", "[lenet_serve]") {
  start();
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"run", "--port", std::to_string(port)}, 1, "port " + std::to_string(port) + " is in use"},
      {{"run", "--port", "0", "--host", "192.0.2.1"}, 1, "--host 192.0.2.1: is no address of this machine"},
      {{"run", "--port", "0", "--host", "no such host"}, 1, "--host no such host: "},
      {{"missing.bin"}, 1, "missing.bin"},
      {{"run", "--port", "65536"}, 2, "--port: '65536' is not a whole number in [0, 65535]"},
      {{"run", "--timeout", "0"}, 2, "--timeout"},
      {{"run", "--device", "gpu9"}, 2, "gpu9"},
      {{}, 2, "expected one weights file or run folder, got 0"},
      {{"run", "run"}, 2, "got 2"},
  };
  for (const Case& bad : cases) {
    std::vector<std::string> command{LENET_SERVE_PROGRAM};
    command.insert(command.end(), bad.arguments.begin(), bad.arguments.end());
    const ProcessResult result = run_process(command, options);
    INFO(bad.message << "\n" << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_serve: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK(result.output.empty());
  }
}

TEST_CASE_METHOD(Served, "digits on pages are read right, on several connections at a time",
                 "[lenet_serve]") {
  constexpr std::size_t kCount = 100, kClients = 4;
  data::Samples test;
  std::vector<std::string> training = {"--model", "mlp", "--device", "cpu", "--out", "run"};
  try {
    data::Dataset mnist = data::load_mnist(std::nullopt, 0);
    training.insert(training.end(),
                    {"--epochs", "1", "--data", std::filesystem::absolute(mnist.folder).string()});
    test = std::move(mnist.test);
  } catch (const DataError&) {
    REQUIRE(run_process(
                {LENET_DATA_PROGRAM, "synthesize", "--out", "digits", "--train", "20000", "--test", "200"},
                options)
                .exit_code == 0);
    training.insert(training.end(), {"--epochs", "5", "--data", "digits"});
    test = data::load_mnist((folder / "digits").string(), 0).test;
  }
  REQUIRE(train(training).exit_code == 0);
  start();
  std::vector<int> right(kClients, 0);
  std::vector<std::thread> clients;
  for (std::size_t client = 0; client < kClients; ++client)
    clients.emplace_back([&, client] {
      for (std::size_t i = client; i < kCount; i += kClients) {
        const std::vector<std::uint8_t> digit(
            test.pixels.begin() + static_cast<std::ptrdiff_t>(i * 784),
            test.pixels.begin() + static_cast<std::ptrdiff_t>((i + 1) * 784));
        const HttpAnswer answer = ask(post("image/x-pgm", as_pgm(draw_page({}, digit))));
        if (answer.status == 200) right[client] += Json::parse(answer.body)["digit"] == test.labels[i];
      }
    });
  for (std::thread& client : clients) client.join();
  CHECK(right[0] + right[1] + right[2] + right[3] >= 85);  // the test set's accuracy is about 0.93
}
