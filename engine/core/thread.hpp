#pragma once

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

}  // namespace lenet
