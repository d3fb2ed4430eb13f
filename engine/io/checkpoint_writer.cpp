#include "engine/io/checkpoint_writer.hpp"

#include <system_error>
#include <utility>

namespace lenet::io {
namespace {

/// Starts a task on another thread; where none can be started, runs it on this one.
template <class Task>
CheckpointWriter::Result started(const Task& task) {
  try {
    return std::async(std::launch::async, task).share();
  } catch (const std::system_error&) {
    CheckpointWriter::Result result = std::async(std::launch::deferred, task).share();
    result.wait();
    return result;
  }
}

}  // namespace

CheckpointWriter::Result CheckpointWriter::write(const std::filesystem::path& path, const Graph& graph,
                                                 Checkpoint checkpoint, std::function<void()> before) {
  wait();
  const auto content = std::make_shared<const Checkpoint>(std::move(checkpoint));
  last_ = started([path, &graph, content, before = std::move(before)] {
    const auto start = std::chrono::steady_clock::now();
    before();
    save_checkpoint(path, graph, *content);
    return std::chrono::steady_clock::now() - start;
  });
  return last_;
}

void CheckpointWriter::wait() {
  if (Result last = std::exchange(last_, {}); last.valid()) last.get();
}

}  // namespace lenet::io
