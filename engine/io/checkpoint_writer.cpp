#include "engine/io/checkpoint_writer.hpp"

#include <utility>

#include "engine/core/thread.hpp"

namespace lenet::io {
CheckpointWriter::Result CheckpointWriter::write(const std::filesystem::path& path, const Graph& graph,
                                                 Checkpoint checkpoint, std::function<void()> before) {
  wait();
  const auto content = std::make_shared<const Checkpoint>(std::move(checkpoint));
  last_ = async_or_here([path, &graph, content, before = std::move(before)] {
            const auto start = std::chrono::steady_clock::now();
            before();
            save_checkpoint(path, graph, *content);
            return std::chrono::steady_clock::now() - start;
          }).share();
  return last_;
}

void CheckpointWriter::wait() {
  if (Result last = std::exchange(last_, {}); last.valid()) last.get();
}

}  // namespace lenet::io
