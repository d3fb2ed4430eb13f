#include "engine/io/checkpoint_writer.hpp"

#include <utility>

namespace lenet::io {

CheckpointWriter::Result CheckpointWriter::write(const std::filesystem::path& path, const Graph& graph,
                                                 Checkpoint checkpoint, std::function<void()> before) {
  wait();
  last_ = std::async(std::launch::async, [path, &graph, checkpoint = std::move(checkpoint),
                                          before = std::move(before)] {
            const auto start = std::chrono::steady_clock::now();
            before();
            save_checkpoint(path, graph, checkpoint);
            return std::chrono::steady_clock::now() - start;
          }).share();
  return last_;
}

void CheckpointWriter::wait() {
  if (Result last = std::exchange(last_, {}); last.valid()) last.get();
}

}  // namespace lenet::io
