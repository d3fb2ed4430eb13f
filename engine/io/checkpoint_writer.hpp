#pragma once

#include <chrono>
#include <filesystem>
#include <future>

#include "engine/io/checkpoint.hpp"

namespace lenet::io {

/// Writes checkpoints on a thread of its own, one after another in the order given, while training goes on.
/// Its destructor waits for the last one.
class CheckpointWriter {
 public:
  /// Ready when the file is whole and on the disk; says how long that took.
  using Result = std::shared_future<std::chrono::steady_clock::duration>;

  /// Waits for the file before this one. Throws what writing that one threw; then this one is not written.
  /// `graph` must outlive the writing.
  Result write(const std::filesystem::path& path, const Graph& graph, Checkpoint checkpoint);

  /// Waits until all is written. Throws what writing threw, once.
  void wait();

 private:
  Result last_;
};

}  // namespace lenet::io
