#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "data/synthetic_digits.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pages.hpp"
#include "tests/tools/http_client.hpp"
#include "tests/tools/tool_runs.hpp"

namespace lenet::cli {

inline std::string as_pgm(const pictures::Picture& picture) {
  return "P5 " + std::to_string(picture.width) + " " + std::to_string(picture.height) + " 255\n" +
         std::string(picture.grey.begin(), picture.grey.end());
}

inline std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
}

inline std::string post(const std::string& type, const std::string& body, const std::string& headers = "") {
  return "POST /predict HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

inline std::string error_in(const HttpAnswer& answer) {
  return nlohmann::json::parse(answer.body).at("error").get<std::string>();
}

/// Folder with a short run of the regressor, and a server of it.
struct Served : ToolRuns {
  void train_regressor() const {
    REQUIRE(
        train_tiny({"--model", "regressor", "--epochs", "1", "--batch", "50", "--out", "run"}).exit_code ==
        0);
  }
  /// Starts the server on a free port and waits until it listens. A shell gives the output a file that can be
  /// read meanwhile.
  void start(std::vector<std::string> arguments = {}) {
    if (!std::filesystem::exists(folder / "run")) train_regressor();
    std::vector<std::string> command = {"/bin/sh",
                                        "-c",
                                        "exec \"$@\" >listening",
                                        "sh",
                                        LENET_SERVE_PROGRAM,
                                        "run",
                                        "--port",
                                        "0",
                                        "--device",
                                        "cpu",
                                        "--threads",
                                        "1"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::filesystem::remove(folder / "listening");
    server = std::make_unique<Process>(command, options);
    const std::regex line("\nListening on http://[^ ]+:([0-9]+)/\n");
    std::smatch found;
    std::string text;
    REQUIRE(server->wait_until([&] {
      text = std::filesystem::exists(folder / "listening") ? file("listening") : "";
      return std::regex_search(text, found, line);
    }));
    port = std::stoi(found[1]);
  }
  HttpAnswer ask(const std::string& request) const { return answer_to(port, request); }
  bool is_alive() const { return ask(get("/health")).status == 200; }
  /// Resident memory of the server.
  std::int64_t memory_kib() const {
    const std::string status = read_all("/proc/" + std::to_string(server->id()) + "/status");
    return std::stoll(status.substr(status.find("VmRSS:") + 6));
  }

  std::unique_ptr<Process> server;
  int port = 0;
};

inline pictures::Picture some_page(std::uint64_t number) {
  return draw_page({}, data::synthetic_digits(1, 5, number).pixels);
}

}  // namespace lenet::cli
