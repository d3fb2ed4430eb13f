#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>

#include "engine/io/checkpoint.hpp"

namespace lenet::io {

/// Writes checkpoints on another thread while training goes on, one after another in the order given. The
/// destructor waits for the last one.
class CheckpointWriter {
 public:
  /// Becomes ready when the whole file is on the disk; its value is the time that writing took.
  using Result = std::shared_future<std::chrono::steady_clock::duration>;

  /// Waits for the previous file, then starts to write this one, after a call of `before` on the writing
  /// thread. Rethrows the error of the previous file; in that case this one is not written. `graph` must
  /// outlive the writing.
  Result write(
      const std::filesystem::path& path, const Graph& graph, Checkpoint checkpoint,
      std::function<void()> before = [] {});

  /// Waits until all files are written. Rethrows the error of the last one, once.
  void wait();

 private:
  Result last_;
};

}  // namespace lenet::io
