#include "tools/cli/signals.hpp"

#include <array>
#include <atomic>
#include <csignal>

namespace lenet::cli {
namespace {

// Includes SIGPIPE: the reader of standard output has gone (`lenet_train | head`), and the training so far is
// to be saved.
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGPIPE};

std::atomic<train::StopRequest*> active{nullptr};
volatile std::sig_atomic_t received = 0;

// Only sets flags; the trainer acts on them between two steps.
extern "C" void on_signal(int number) {
  if (received != 0) {
    if (number == SIGPIPE) return;  // every further line raises it again
    std::signal(number, SIG_DFL);
    std::raise(number);
    return;
  }
  received = number;
  if (train::StopRequest* stop = active.load()) stop->ask(train::RunEnd::Reason::signal);
}

void install(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int number : kSignals) sigaction(number, &action, nullptr);
}

}  // namespace

StopOnSignals::StopOnSignals(train::StopRequest& stop) {
  received = 0;
  active = &stop;
  install(on_signal);
}

StopOnSignals::~StopOnSignals() {
  install(SIG_DFL);
  active = nullptr;
}

int StopOnSignals::exit_code() const { return 128 + received; }

}  // namespace lenet::cli
