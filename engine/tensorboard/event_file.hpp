#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "engine/graph/graph.hpp"
#include "engine/tensorboard/record_file.hpp"
#include "engine/tensorboard/summary.hpp"

namespace lenet::tensorboard {

/// A file that TensorBoard reads: events.out.tfevents.<seconds>.<host>.<process>.<n>, one record an event.
class EventFile {
 public:
  /// Makes the folder, if need be, and a new file in it that sorts behind those that are there, since
  /// TensorBoard reads them in that order. Throws IoError.
  explicit EventFile(const std::filesystem::path& folder);

  /// One event with these values. Throws IoError.
  void write(std::int64_t step, std::span<const Summary> values);
  void write(std::int64_t step, std::initializer_list<Summary> values) {
    write(step, std::span(values.begin(), values.size()));
  }
  /// The model for the Graphs tab.
  void write(const Graph& graph);

 private:
  RecordFile file_;
};

/// Takes from the folder's event files what a resumed run will write again, and a torn record at a file's
/// end: of each file the first event for whose step and tag `is_kept` does not hold, and all after it. A
/// folder that is not there is left so. Throws IoError.
void cut_event_files(const std::filesystem::path& folder,
                     const std::function<bool(std::int64_t step, std::string_view tag)>& is_kept);

/// Takes all event files from a folder. Throws IoError.
void remove_event_files(const std::filesystem::path& folder);

}  // namespace lenet::tensorboard
