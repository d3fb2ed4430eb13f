#include "tools/serve/server.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/warning.hpp"

namespace lenet::serve {
namespace {

/// Threads that serve one client each.
class ClientThreads {
 public:
  ClientThreads(HttpServer& server, const ConnectionLimits& limits) : server_(server), limits_(limits) {
    for (int i = 0; i < kPlaces; ++i) threads_.emplace_back([this] { work(); });
  }
  ~ClientThreads() {
    {
      const std::lock_guard lock(mutex_);
      state_.stopping = true;
    }
    client_came_.notify_all();
  }
  ClientThreads(const ClientThreads&) = delete;
  ClientThreads& operator=(const ClientThreads&) = delete;

  /// Waits up to 100 ms for a place for a client. Returns whether there is one.
  bool wait_for_place() {
    std::unique_lock lock(mutex_);
    state_.crowded = taken_ == kPlaces;
    if (!place_is_free_.wait_for(lock, std::chrono::milliseconds(100), [&] { return taken_ < kPlaces; }))
      return false;
    state_.crowded = false;
    return true;
  }
  void take(Descriptor client) {
    {
      const std::lock_guard lock(mutex_);
      clients_.push_back(std::move(client));
      ++taken_;
    }
    client_came_.notify_one();
  }
  /// No client waits for a place any more.
  void nobody_waits() { state_.crowded = false; }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      client_came_.wait(lock, [&] { return state_.stopping || !clients_.empty(); });
      if (clients_.empty()) return;
      Descriptor client = std::move(clients_.front());
      clients_.pop_front();
      lock.unlock();
      serve(std::move(client));
      lock.lock();
      --taken_;
      place_is_free_.notify_one();
    }
  }
  void serve(Descriptor client) {
    try {
      Connection connection(std::move(client), limits_, state_);
      server_.serve(connection);
    } catch (const std::exception& error) {  // costs this client its connection, and no other
      warn(error.what());
    }
  }

  HttpServer& server_;
  const ConnectionLimits& limits_;
  ServerState state_;
  std::mutex mutex_;
  std::condition_variable client_came_;
  std::condition_variable place_is_free_;
  std::deque<Descriptor> clients_;
  int taken_ = 0;
  std::vector<std::jthread> threads_;  ///< the last member: destroyed first
};

}  // namespace

void serve_clients(const Listener& listener, HttpServer& server, const ConnectionLimits& limits,
                   const std::function<bool()>& stops) {
  ClientThreads threads(server, limits);
  while (!stops()) {
    if (!listener.wait()) {
      threads.nobody_waits();
    } else if (threads.wait_for_place()) {
      if (Descriptor client = listener.accept())
        threads.take(std::move(client));
      else  // the client has gone, or no descriptor is free: it waits, and would be announced without a pause
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

}  // namespace lenet::serve
