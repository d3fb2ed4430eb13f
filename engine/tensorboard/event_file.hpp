#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/graph/graph.hpp"
#include "engine/tensorboard/record_file.hpp"
#include "engine/tensorboard/summary.hpp"

namespace lenet::tensorboard {

/// File that TensorBoard reads: events.out.tfevents.<seconds>.<host>.<process>.<n>, one record per event.
class EventFile {
 public:
  /// Creates the folder if it does not exist, and a new file in it whose name sorts after those of the
  /// others, because TensorBoard reads files in that order. Throws IoError.
  explicit EventFile(const std::filesystem::path& folder);

  /// Writes one event with these values. Throws IoError.
  void write(std::int64_t step, std::span<const Summary> values);
  void write(std::int64_t step, std::initializer_list<Summary> values) {
    write(step, std::span(values.begin(), values.size()));
  }
  /// Writes the model for the Graphs tab. Throws IoError.
  void write(const Graph& graph);
  const std::shared_ptr<AppendFile>& file() const { return file_.file(); }

 private:
  RecordFile file_;
};

/// Removes from the folder's event files the events that a resumed run will write again: in each file the
/// first event with a step and tag for which `is_kept` returns false, and all events after it. Also removes a
/// torn record at the end of a file, and files of which nothing is left. Does nothing if there is no such
/// folder. Throws IoError.
void cut_event_files(const std::filesystem::path& folder,
                     const std::function<bool(std::int64_t step, std::string_view tag)>& is_kept);

/// Returns those event files of a folder whose first value has this tag. Throws IoError.
std::vector<std::filesystem::path> event_files_of(const std::filesystem::path& folder, std::string_view tag);

/// Returns those that begin with the description of a session, an Experiment. Throws IoError.
inline std::vector<std::filesystem::path> session_files(const std::filesystem::path& folder) {
  return event_files_of(folder, kExperimentTag);
}

/// Returns the event files of a folder, or nothing if it does not exist. Throws IoError.
std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder);

}  // namespace lenet::tensorboard
