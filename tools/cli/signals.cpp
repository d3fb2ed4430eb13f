#include "tools/cli/signals.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <unistd.h>

namespace lenet::cli {
namespace {

constexpr std::array kStopping = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGPIPE};
constexpr std::array kSaving = {SIGUSR1, SIGUSR2};
constexpr std::size_t kSignals = kStopping.size() + kSaving.size();

std::atomic<train::StopRequest*> active{nullptr};
volatile std::sig_atomic_t first_signal = 0;
/// Time of the first SIGINT or SIGTERM in milliseconds; 0 before it.
std::atomic<long long> interrupted_at{0};
static_assert(std::atomic<long long>::is_always_lock_free);

long long milliseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

[[noreturn]] void end_at_once(int number) {
  std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::raise(number);
  _exit(128 + number);  // process 1 of a container survives its own signal
}

// Only sets flags; the trainer acts on them between two steps.
extern "C" void on_stopping_signal(int number) {
  constexpr long long kTogether = 100;
  const int error = errno;
  if (number == SIGINT || number == SIGTERM) {
    long long before = 0;
    const long long now = milliseconds_now();
    if (!interrupted_at.compare_exchange_strong(before, now) && now - before >= kTogether)
      end_at_once(number);
  }
  if (first_signal == 0) first_signal = number;
  if (train::StopRequest* stop = active.load()) stop->ask(train::RunEnd::Reason::signal);
  errno = error;
}

extern "C" void on_saving_signal(int) {
  if (train::StopRequest* stop = active.load()) stop->ask_to_save();
}

extern "C" void on_signal_as_process_one(int number) { _exit(128 + number); }

struct sigaction action_of(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return action;
}

/// The actions before the object was made, in the order of kStopping and kSaving.
std::array<struct sigaction, kSignals> earlier;

int signal_at(std::size_t i) { return i < kStopping.size() ? kStopping[i] : kSaving[i - kStopping.size()]; }

}  // namespace

StopOnSignals::StopOnSignals(train::StopRequest& stop) {
  first_signal = 0;
  interrupted_at = 0;
  active = &stop;
  for (std::size_t i = 0; i < kSignals; ++i) {
    const int number = signal_at(i);
    sigaction(number, nullptr, &earlier[i]);
    if (earlier[i].sa_handler == SIG_IGN && number != SIGPIPE) continue;
    const struct sigaction action = action_of(i < kStopping.size() ? on_stopping_signal : on_saving_signal);
    sigaction(number, &action, nullptr);
  }
}

StopOnSignals::~StopOnSignals() {
  for (std::size_t i = 0; i < kSignals; ++i) sigaction(signal_at(i), &earlier[i], nullptr);
  active = nullptr;
}

int StopOnSignals::received() const { return first_signal; }

void end_on_signals_as_process_one() {
  if (getpid() != 1) return;
  const struct sigaction action = action_of(on_signal_as_process_one);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

}  // namespace lenet::cli
