#include "tools/cli/signals.hpp"

#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

/// Runs `body` in a process of its own and returns its exit code, or 1000 and the signal that ended it.
int ending_of(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    for (const int number : {SIGINT, SIGTERM}) std::signal(number, SIG_DFL);  // not Catch's handlers
    _exit(body());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

void wait_a_moment() { usleep(150'000); }

bool is_stopped_by_signal(const train::StopRequest& stop) {
  return stop.reason() == train::RunEnd::Reason::signal;
}

}  // namespace

TEST_CASE("the first signal asks for a stop, a second one kills at once", "[signals]") {
  const int first = GENERATE(SIGINT, SIGTERM);
  const int second = GENERATE(SIGINT, SIGTERM);
  CHECK(ending_of([&] {
          train::StopRequest stop;
          const StopOnSignals signals(stop);
          if (stop.asked()) return 1;
          std::raise(first);
          if (!is_stopped_by_signal(stop) || signals.exit_code() != 128 + first) return 2;
          wait_a_moment();
          std::raise(second);
          return 3;
        }) == 1000 + second);
}

TEST_CASE("a signal that is sent twice, as timeout does, counts once", "[signals]") {
  CHECK(ending_of([&] {
          train::StopRequest stop;
          const StopOnSignals signals(stop);
          std::raise(SIGTERM);
          std::raise(SIGTERM);
          return is_stopped_by_signal(stop) ? signals.exit_code() : 1;
        }) == 128 + SIGTERM);
}

TEST_CASE("signals that come with the end of a session or a limit ask for a stop, however often they come",
          "[signals]") {
  const int number = GENERATE(SIGHUP, SIGXCPU, SIGPIPE);
  CHECK(ending_of([&] {
          train::StopRequest stop;
          const StopOnSignals signals(stop);
          std::raise(number);
          wait_a_moment();
          std::raise(number);
          std::raise(SIGTERM);  // the session's next signal
          return is_stopped_by_signal(stop) ? signals.exit_code() : 1;
        }) == 128 + number);
}

TEST_CASE("a scheduler's signal asks for a save", "[signals]") {
  const int number = GENERATE(SIGUSR1, SIGUSR2);
  CHECK(ending_of([&] {
          train::StopRequest stop;
          const StopOnSignals signals(stop);
          if (stop.take_save_request()) return 1;
          std::raise(number);
          return stop.take_save_request() && !stop.take_save_request() && !stop.asked() ? 0 : 2;
        }) == 0);
}

TEST_CASE("signals that the parent ignores stay ignored, but a closed pipe does not", "[signals]") {
  CHECK(ending_of([] {
          for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGPIPE}) std::signal(number, SIG_IGN);
          train::StopRequest stop;
          const StopOnSignals signals(stop);
          for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR1}) std::raise(number);
          if (stop.asked() || stop.take_save_request()) return 1;
          std::raise(SIGPIPE);
          return signals.exit_code();
        }) == 128 + SIGPIPE);
}

TEST_CASE("signals do what they did before once nobody listens any more", "[signals]") {
  CHECK(ending_of([] {
          std::signal(SIGHUP, SIG_IGN);
          {
            train::StopRequest stop;
            const StopOnSignals signals(stop);
          }
          std::raise(SIGHUP);
          std::raise(SIGTERM);
          return 3;
        }) == 1000 + SIGTERM);
}
