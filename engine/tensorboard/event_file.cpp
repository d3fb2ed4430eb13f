#include "engine/tensorboard/event_file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/number.hpp"
#include "engine/tensorboard/event.pb.h"
#include "engine/tensorboard/messages.hpp"

namespace lenet::tensorboard {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "events.out.tfevents.";

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

[[noreturn]] void fail(const fs::path& path, const char* what, const std::error_code& error) {
  throw IoError(fmt::format("{}: cannot be {}: {}", path.string(), what, error.message()));
}

std::vector<fs::path> event_files_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().filename().string().starts_with(kPrefix)) found.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory) fail(folder, "read", error);
  return found;
}

// Returns the current time, or one second after that of the folder's latest file: a run that is resumed
// within a second, or after the clock was set back, must have the later name.
std::int64_t seconds_for_name(const fs::path& folder) {
  auto seconds = static_cast<std::int64_t>(now());
  for (const fs::path& file : event_files_in(folder)) {
    const std::string name = file.filename().string();
    const std::string_view digits = leading_digits(std::string_view(name).substr(kPrefix.size()));
    seconds = std::max(seconds, parse_number<std::int64_t>(digits).value_or(0) + 1);
  }
  return seconds;
}

fs::path new_file_in(const fs::path& folder) {
  static std::atomic<int> files = 0;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(folder, "made", error);
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"localhost"};
  return folder /
         fmt::format("{}{:010}.{}.{}.{}", kPrefix, seconds_for_name(folder), host.data(), getpid(), files++);
}

events::Event event_at(std::int64_t step) {
  events::Event event;
  event.set_wall_time(now());
  event.set_step(step);
  return event;
}

using IsKept = std::function<bool(std::int64_t step, std::string_view tag)>;

bool is_event_kept(std::string_view record, const IsKept& is_kept) {
  events::Event event;
  if (!event.ParseFromArray(record.data(), static_cast<int>(record.size()))) return false;
  return std::ranges::all_of(event.summary().value(),
                             [&](const auto& value) { return is_kept(event.step(), value.tag()); });
}

}  // namespace

EventFile::EventFile(const fs::path& folder) : file_(new_file_in(folder)) {
  events::Event event = event_at(0);
  event.set_file_version("brain.Event:2");
  file_.append(event.SerializeAsString());
}

void EventFile::write(std::int64_t step, std::span<const Summary> values) {
  events::Event event = event_at(step);
  for (const Summary& value : values) *event.mutable_summary()->add_value() = message_of(value);
  file_.append(event.SerializeAsString());
}

void EventFile::write(const Graph& graph) {
  events::Event event = event_at(0);
  event.set_graph_def(graph_message(graph));
  file_.append(event.SerializeAsString());
}

void cut_event_files(const fs::path& folder, const IsKept& is_kept) {
  for (const fs::path& path : event_files_in(folder)) {
    const std::string bytes = read_file(path);
    std::string kept;
    for (const std::string_view record : whole_records(bytes)) {
      if (!is_event_kept(record, is_kept)) break;
      kept += framed_record(record);
    }
    if (kept.size() != bytes.size()) write_file_atomically(path, kept);
  }
}

void remove_event_files(const fs::path& folder) {
  for (const fs::path& path : event_files_in(folder)) {
    std::error_code error;
    if (!fs::remove(path, error) && error) fail(path, "removed", error);
  }
}

}  // namespace lenet::tensorboard
