#include "tools/cli/standard_streams.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/run_content.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

const std::vector<std::string> kShortRun = {"--model", "regressor", "--epochs", "2", "--no-tensorboard"};

std::vector<std::string> short_run(const std::string& out) {
  std::vector<std::string> arguments = ToolRuns::tiny(kShortRun);
  arguments.insert(arguments.end(), {"--out", out});
  return arguments;
}

/// A pipe of one page, the smallest.
struct SmallPipe {
  explicit SmallPipe(int flags) {
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    fcntl(ends[1], F_SETFL, flags);
  }
  std::array<int, 2> ends{};
};

/// Runs `program --man`, which prints more than a page, with this standard output. Returns its status.
int print_manual(const char* program, int output, bool ignore_sigpipe) {
  const pid_t child = fork();
  if (child == 0) {
    if (ignore_sigpipe) std::signal(SIGPIPE, SIG_IGN);
    dup2(output, STDOUT_FILENO);
    execl(program, program, "--man", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE_METHOD(ToolRuns, "no file takes the place of a standard stream that is closed", "[streams]") {
  REQUIRE(train(short_run("whole")).exit_code == 0);
  const std::array<std::string, 3> closed = {"<&-", ">&-", "2>&-"};
  for (unsigned streams = 1; streams < 8; ++streams) {
    std::string command = "exec \"$@\"";
    for (unsigned i = 0; i < 3; ++i)
      if (streams >> i & 1u) command += " " + closed[i];
    INFO(command);
    std::filesystem::remove_all(folder / "run");
    std::vector<std::string> all = {"/bin/sh", "-c", command, "sh", LENET_TRAIN_PROGRAM};
    for (const std::string& argument : short_run("run")) all.push_back(argument);
    CHECK(run_process(all, options).exit_code == 0);
    for (const char* name : {"config.toml", "metrics.csv", "best.bin", "last.bin"})
      CHECK(run_content(folder / "run" / name) == run_content(folder / "whole" / name));
  }
}

TEST_CASE_METHOD(ToolRuns,
                 "with all standard streams closed, every program that writes files writes the same ones",
                 "[streams]") {
  REQUIRE(train(short_run("run")).exit_code == 0);
  const std::vector<std::vector<std::string>> commands = {
      {LENET_EVAL_PROGRAM, "run", "--data", "data", "--plot", "figure.svg"},
      {LENET_PLOT_PROGRAM, "run", "-o", "figure.svg"},
      {LENET_DATA_PROGRAM, "synthesize", "--out", "digits", "--train", "20", "--test", "10"}};
  for (const auto& command : commands) {
    INFO(command[0]);
    const std::filesystem::path written =
        command[1] == "synthesize" ? "digits/train-images-idx3-ubyte" : "figure.svg";
    REQUIRE(run_process(command, options).exit_code == 0);
    const std::string expected = file(written);
    REQUIRE(!expected.empty());
    std::filesystem::remove_all(folder / *written.begin());
    std::vector<std::string> closed = {"/bin/sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"};
    closed.insert(closed.end(), command.begin(), command.end());
    CHECK(run_process(closed, options).exit_code == 0);
    CHECK(file(written) == expected);
    std::filesystem::remove_all(folder / *written.begin());
  }
}

TEST_CASE_METHOD(ToolRuns, "a full standard output is an error, but the training is not lost", "[streams]") {
  REQUIRE(train(short_run("whole")).exit_code == 0);
  std::vector<std::string> all = {"/bin/sh", "-c", "exec \"$@\" >/dev/full", "sh", LENET_TRAIN_PROGRAM};
  for (const std::string& argument : short_run("run")) all.push_back(argument);
  const ProcessResult result = run_process(all, options);
  CHECK(result.exit_code == 1);
  CHECK(result.errors == "lenet_train: standard output cannot be written: No space left on device\n");
  CHECK(file("run/last.bin") == file("whole/last.bin"));
}

TEST_CASE_METHOD(ToolRuns, "a pipe that does not block gets all of the output, however slow its reader is",
                 "[streams]") {
  const std::string expected = train({"--man"}).output;
  REQUIRE(expected.size() > 4096);
  SmallPipe pipe(O_NONBLOCK);
  std::string text;
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    std::array<char, 512> part{};
    for (ssize_t got = 0; (got = ::read(pipe.ends[0], part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(got));
  });
  const int status = print_manual(LENET_TRAIN_PROGRAM, pipe.ends[1], false);
  close(pipe.ends[1]);
  reader.join();
  close(pipe.ends[0]);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(text == expected);
}

TEST_CASE("a pipe that nobody reads ends a program with 141, whether or not SIGPIPE is ignored",
          "[streams]") {
  for (const char* program : {LENET_TRAIN_PROGRAM, LENET_DATA_PROGRAM, LENET_EVAL_PROGRAM, LENET_PLOT_PROGRAM,
                              LENET_PREDICT_PROGRAM, LENET_SERVE_PROGRAM, LENET_BENCH_PROGRAM}) {
    INFO(program);
    for (const bool ignored : {false, true}) {
      SmallPipe pipe(0);
      close(pipe.ends[0]);
      const int status = print_manual(program, pipe.ends[1], ignored);
      close(pipe.ends[1]);
      CHECK((WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)) == 128 + SIGPIPE);
    }
  }
}

TEST_CASE_METHOD(ToolRuns, "a training whose output nobody reads any more is saved, and can go on",
                 "[streams]") {
  const bool ignored = GENERATE(false, true);
  std::vector<std::string> all = {
      "/bin/sh", "-c",
      std::string(ignored ? "trap '' PIPE; " : "") + "{ \"$@\"; echo $? >code; } | head -n 20 >/dev/null",
      "sh", LENET_TRAIN_PROGRAM};
  for (const std::string& argument :
       tiny({"--model", "mlp", "--epochs", "50", "--batch", "4", "--out", "run"}))
    all.push_back(argument);
  const ProcessResult result = run_process(all, options);
  CHECK(file("code") == "141\n");
  CHECK_THAT(result.errors, contains("standard output was closed: stopped after") &&
                                contains("to go on: lenet_train --resume run"));
  CHECK_THAT(train({"--resume", "run", "--epochs", "50", "--dry-run"}).output, contains("Resumed"));
}

TEST_CASE_METHOD(ToolRuns, "what a library prints does not get into an answer", "[streams]") {
  // In place of the plugin that draws for TensorBoard, a library that prints when it is loaded.
  options.environment = {{"LENET_PLUGIN_DIR", LENET_TALKATIVE_PLUGIN}};
  const ProcessResult result = train(tiny({"--model", "regressor", "--epochs", "1", "--out", "run"}));
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("Epoch 1/1") && !contains("a library speaks"));
  CHECK_THAT(result.errors, contains("a library speaks\n") && contains("a library speaks later\n"));
}

namespace {

/// Calls visit(line) for each line of the sources in a folder of the project.
void for_each_line(const std::string& source_folder, const std::function<void(const std::string&)>& visit) {
  const std::filesystem::path folder = std::filesystem::path(LENET_SOURCE_DIR) / source_folder;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cpp" && extension != ".hpp") continue;
    INFO(entry.path());
    std::ifstream source(entry.path());
    for (std::string line; std::getline(source, line);) {
      INFO(line);
      visit(line);
    }
  }
}

}  // namespace

TEST_CASE("programs print by std::cout, which a closed, full or slow output does not harm", "[streams]") {
  const std::regex stdio(R"(\b(fmt::print|printf|puts|putchar)\((?!std::c|stderr|$))");
  for_each_line("tools", [&](const std::string& line) { CHECK_FALSE(std::regex_search(line, stdio)); });
}

// A stream catches what is thrown while it reads or writes, and ends early: half a configuration was saved
// where memory ran out.
TEST_CASE("no text is made or read by a string stream, which hides a failed allocation", "[streams]") {
  const std::regex streams(R"(^(?!\s*//).*\b[io]?stringstream\b)");
  for (const char* folder : {"data", "engine", "models", "tools"})
    for_each_line(folder, [&](const std::string& line) { CHECK_FALSE(std::regex_search(line, streams)); });
}
