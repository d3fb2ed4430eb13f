#pragma once

#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/core/error.hpp"

namespace lenet {

/// Starts a thread for `what`, "loading batches". Throws Error if the system has none left.
template <class Body>
std::thread start_thread(const std::string& what, Body&& body) {
  try {
    return std::thread(std::forward<Body>(body));
  } catch (const std::system_error& error) {
    throw Error("a thread for " + what + " cannot be started: " + error.code().message() +
                ": the limit of processes (ulimit -u), or of the container, is reached");
  }
}

/// Starts a task on another thread. Where none can be started, runs it on this one before it returns: what
/// the task does must not be lost.
template <class Task>
auto async_or_here(Task task) -> std::future<decltype(task())> {
  const auto kept = std::make_shared<Task>(std::move(task));
  const auto call = [kept] { return (*kept)(); };
  try {
    return std::async(std::launch::async, call);
  } catch (const std::system_error&) {
    auto result = std::async(std::launch::deferred, call);
    result.wait();
    return result;
  }
}

}  // namespace lenet
