#include "tools/cli/signals.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::cli;

TEST_CASE("the first signal asks for a stop, a second one kills at once", "[signals]") {
  const int first = GENERATE(SIGINT, SIGTERM);
  const int second = GENERATE(SIGINT, SIGTERM);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    train::StopRequest stop;
    const StopOnSignals signals(stop);
    if (stop.asked()) _exit(1);
    std::raise(first);
    if (stop.reason() != train::RunEnd::Reason::signal || signals.exit_code() != 128 + first) _exit(2);
    std::raise(second);
    _exit(3);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == second);
}

TEST_CASE("a pipe that nobody reads asks for a stop, however often it is written to", "[signals]") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    train::StopRequest stop;
    const StopOnSignals signals(stop);
    std::raise(SIGPIPE);
    std::raise(SIGPIPE);
    _exit(stop.reason() == train::RunEnd::Reason::signal ? signals.exit_code() : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGPIPE);
}

TEST_CASE("signals do what they did before once nobody listens any more", "[signals]") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    {
      train::StopRequest stop;
      const StopOnSignals signals(stop);
    }
    std::raise(SIGTERM);
    _exit(3);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
}
