#include "data/fetch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "data/idx.hpp"
#include "engine/core/error.hpp"
#include "engine/core/sha256.hpp"
#include "tests/data/files.hpp"
#include "tests/data/http_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::data;

namespace {

/// A small file with a known checksum takes the place of MNIST's.
class Fixture {
 public:
  Fixture() : content_(20'000), sha256_((fill(), sha256_hex(std::as_bytes(std::span(content_))))) {
    file_[0] = {.name = "digits", .sha256 = sha256_, .images = true};
    const Bytes packed = gzip(content_);
    good_ = {packed.begin(), packed.end()};
  }

  FetchOptions options(std::vector<std::string> mirrors) {
    return {.folder = folder_.path() / "made" / "here",
            .mirrors = std::move(mirrors),
            .files = file_,
            .attempts = 2,
            .connect_timeout_seconds = 2,
            .stall_timeout_seconds = 1,
            .pause = std::chrono::milliseconds(1),
            .on_trouble = [this](const std::string& line) { troubles.push_back(line); }};
  }
  std::filesystem::path target() const { return folder_.path() / "made" / "here" / "digits.gz"; }
  const std::string& good() const { return good_; }
  std::string fetched() const { return lenet::read_all(target()); }
  std::size_t files_in_folder() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(target().parent_path()), {}));
  }

  std::vector<std::string> troubles;

 private:
  void fill() {
    for (std::size_t i = 0; i < content_.size(); ++i) content_[i] = static_cast<std::uint8_t>(i * i % 251);
  }
  TemporaryFolder folder_;
  Bytes content_;
  std::string sha256_;
  std::array<MnistFile, 1> file_;
  std::string good_;
};

HttpServer::Answer always(std::string response) {
  return [response](const std::string&) { return response; };
}

/// Checks that the first mirror's answer is refused for this reason, and that the second mirror is asked.
void check_falls_back(const HttpServer::Answer& bad, const std::string& reason) {
  Fixture fixture;
  HttpServer first(bad), second(always(http_response("200 OK", fixture.good())));
  CHECK(fetch_mnist(fixture.options({first.url(), second.url()})) == 1);
  CHECK(fixture.fetched() == fixture.good());
  CHECK(fixture.files_in_folder() == 1);
  REQUIRE(fixture.troubles.size() == 1);
  CHECK_THAT(fixture.troubles[0], contains(first.url() + "digits.gz: ") && contains(reason));
}

}  // namespace

TEST_CASE("files are fetched once, and undamaged ones stay", "[fetch]") {
  Fixture fixture;
  std::string asked;
  HttpServer server([&](const std::string& path) {
    asked += path;
    return http_response("200 OK", fixture.good());
  });
  CHECK(fetch_mnist(fixture.options({server.url()})) == 1);
  CHECK(fetch_mnist(fixture.options({server.url()})) == 0);
  CHECK(asked == "/digits.gz");
  CHECK(fixture.fetched() == fixture.good());
}

TEST_CASE("the next mirror is tried after a wrong answer", "[fetch]") {
  Fixture fixture;
  SECTION("403") { check_falls_back(always(http_response("403 Forbidden", "no")), "HTTP status 403"); }
  SECTION("404") { check_falls_back(always(http_response("404 Not Found", "no")), "HTTP status 404"); }
  SECTION("an HTML page") {
    check_falls_back(always(http_response("200 OK", "<html>log in first</html>")), "HTML");
  }
  SECTION("a lost connection") { check_falls_back(always(http_response("200 OK", "\x1f\x8b", 5000)), ""); }
  SECTION("a truncated file") {
    check_falls_back(always(http_response("200 OK", fixture.good().substr(0, fixture.good().size() / 2))),
                     "truncated");
  }
  SECTION("other bytes") {
    const Bytes other = gzip(Bytes(2000, 7));
    check_falls_back(always(http_response("200 OK", {other.begin(), other.end()})), "SHA-256");
  }
  SECTION("silence") { check_falls_back(always(HttpServer::kHang), "too slow"); }
  SECTION("no answer at all") { check_falls_back(always(""), "mpty reply"); }
}

TEST_CASE("the next mirror is tried after a dead one", "[fetch]") {
  Fixture fixture;
  std::string dead;
  { dead = HttpServer(always("")).url(); }
  HttpServer alive(always(http_response("200 OK", fixture.good())));
  CHECK(fetch_mnist(fixture.options({dead, alive.url()})) == 1);
  CHECK(fixture.fetched() == fixture.good());
}

TEST_CASE("a transient error is followed by another attempt at the same mirror", "[fetch]") {
  Fixture fixture;
  int requests = 0;
  HttpServer server([&](const std::string&) {
    return ++requests == 1 ? http_response("503 Service Unavailable", "")
                           : http_response("200 OK", fixture.good());
  });
  CHECK(fetch_mnist(fixture.options({server.url()})) == 1);
  CHECK(requests == 2);
  CHECK(fixture.troubles.empty());
}

TEST_CASE("when all mirrors fail, one error names each answer and nothing is left behind", "[fetch]") {
  Fixture fixture;
  HttpServer first(always(http_response("403 Forbidden", ""))),
      second(always(http_response("200 OK", "junk")));
  std::string message;
  try {
    fetch_mnist(fixture.options({first.url(), second.url()}));
  } catch (const DataError& error) {
    message = error.what();
  }
  CHECK_THAT(message,
             contains("digits could not be downloaded") && contains("403") && contains(second.url()));
  CHECK(message.find('\n') == std::string::npos);
  CHECK(fixture.troubles.empty());  // the error says it all
  CHECK(fixture.files_in_folder() == 0);
}

TEST_CASE("a damaged file in the folder is found and replaced", "[fetch]") {
  Fixture fixture;
  HttpServer server(always(http_response("200 OK", fixture.good())));
  std::filesystem::create_directories(fixture.target().parent_path());
  write_bytes(fixture.target(), Bytes(100, 1));
  CHECK(fetch_mnist(fixture.options({server.url()})) == 1);
  CHECK(fixture.fetched() == fixture.good());
  // A damaged raw file would hide the compressed one, so it must be removed.
  write_bytes(fixture.target().parent_path() / "digits", Bytes(100, 1));
  CHECK(fetch_mnist(fixture.options({server.url()})) == 1);
  CHECK(fixture.files_in_folder() == 1);
}

TEST_CASE("a file of another data set is not replaced", "[fetch]") {
  Fixture fixture;
  HttpServer server(always(http_response("200 OK", fixture.good())));
  std::filesystem::create_directories(fixture.target().parent_path());
  const Bytes other = idx_image_file(Bytes(28 * 28, 7));
  write_bytes(fixture.target(), other);
  CHECK_THROWS_WITH(fetch_mnist(fixture.options({server.url()})),
                    contains("digits.gz: is a valid file of another data set"));
  CHECK(fixture.fetched() == std::string(other.begin(), other.end()));
}

TEST_CASE("a file that decompresses to more than MNIST's is not read to its end", "[fetch]") {
  const TemporaryFolder folder;
  // A member of 65 MiB of zeros, then one that would not decompress.
  Bytes bomb = gzip(Bytes(std::size_t{65} << 20, 0));
  const Bytes damaged = {0x1f, 0x8b, 0xff};
  bomb.insert(bomb.end(), damaged.begin(), damaged.end());
  write_bytes(folder / "bomb.gz", bomb);
  CHECK(content_sha256(folder / "bomb.gz") == std::nullopt);
}

TEST_CASE("a folder named as the file does not keep a fetched file from being found", "[fetch]") {
  Fixture fixture;
  HttpServer server(always(http_response("200 OK", fixture.good())));
  std::filesystem::create_directories(fixture.target().parent_path() / "digits" / "inner");
  CHECK(fetch_mnist(fixture.options({server.url()})) == 1);
  CHECK(fetch_mnist(fixture.options({server.url()})) == 0);
  CHECK(fixture.fetched() == fixture.good());
  CHECK(std::filesystem::exists(fixture.target().parent_path() / "digits" / "inner"));
}

TEST_CASE("a folder in the place of the file itself is named in one line", "[fetch]") {
  Fixture fixture;
  HttpServer server(always(http_response("200 OK", fixture.good())));
  std::filesystem::create_directories(fixture.target());
  CHECK_THROWS_WITH(fetch_mnist(fixture.options({server.url()})),
                    contains("digits.gz: is a folder, expected a file"));
}

TEST_CASE("two programs that fetch at once fetch each file once", "[fetch]") {
  Fixture fixture;
  std::atomic<int> requests = 0;
  HttpServer server([&](const std::string&) {
    ++requests;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return http_response("200 OK", fixture.good());
  });
  std::array<std::future<int>, 3> fetches;
  for (auto& fetch : fetches)
    fetch = std::async(std::launch::async, [&] { return fetch_mnist(fixture.options({server.url()})); });
  int fetched = 0;
  for (auto& fetch : fetches) fetched += fetch.get();
  CHECK(fetched == 1);
  CHECK(requests == 1);
  CHECK(fixture.fetched() == fixture.good());
  CHECK(fixture.files_in_folder() == 1);
}

TEST_CASE("what a killed fetch left is removed by the next one", "[fetch]") {
  Fixture fixture;
  HttpServer server(always(http_response("200 OK", fixture.good())));
  std::filesystem::create_directories(fixture.target().parent_path());
  std::ofstream(fixture.target().string() + ".tmp-0123abcd") << "torn";
  CHECK(fetch_mnist(fixture.options({server.url()})) == 1);
  CHECK(fixture.files_in_folder() == 1);
}

TEST_CASE("progress is reported, up to the whole file", "[fetch]") {
  Fixture fixture;
  HttpServer server(always(http_response("200 OK", fixture.good())));
  FetchOptions options = fixture.options({server.url()});
  std::int64_t last = 0, total = 0;
  options.on_progress = [&](const MnistFile&, std::int64_t now, std::int64_t all) {
    last = now;
    total = all;
  };
  fetch_mnist(options);
  CHECK(last == std::ssize(fixture.good()));
  CHECK(total == last);
}

TEST_CASE("without certificates of authorities, one line says what to install", "[fetch]") {
  Fixture fixture;
  HttpServer server(always(http_response("200 OK", fixture.good())));
  setenv("SSL_CERT_FILE", (fixture.target().parent_path() / "none.crt").c_str(), 1);
  std::string message;
  try {
    fetch_mnist(fixture.options({"https" + server.url().substr(4)}));
  } catch (const DataError& error) {
    message = error.what();
  }
  unsetenv("SSL_CERT_FILE");
  CHECK_THAT(message, contains("none.crt: install ca-certificates"));
  CHECK(message.find('\n') == std::string::npos);
}
