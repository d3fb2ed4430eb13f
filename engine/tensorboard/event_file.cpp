#include "engine/tensorboard/event_file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <span>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "engine/core/file.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/input_file.hpp"
#include "engine/core/io_error.hpp"
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

// The last second that ten digits can hold. A name with a later one does not come from a clock.
constexpr std::int64_t kLastSecond = 9'999'999'999;

// Returns the current time, or one second after that of the folder's latest file: a run that is resumed
// within a second, or after the clock was set back, must have the later name.
std::int64_t seconds_for_name(const fs::path& folder) {
  auto seconds = static_cast<std::int64_t>(now());
  for (const fs::path& file : event_files(folder)) {
    const std::string name = file.filename().string();
    const std::string_view digits = leading_digits(std::string_view(name).substr(kPrefix.size()));
    const auto second = parse_number<std::int64_t>(digits);
    if (second && *second < kLastSecond) seconds = std::max(seconds, *second + 1);
  }
  return seconds;
}

fs::path new_file_in(const fs::path& folder) {
  static std::atomic<int> files = 0;
  make_folders(folder);
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

/// Returns the tag of the first value in a file, which must be near its beginning; empty if there is none.
std::string first_tag(const fs::path& path) {
  constexpr std::size_t kBeginning = 64u << 10;
  std::string beginning(kBeginning, '\0');
  beginning.resize(InputFile(path).read(std::as_writable_bytes(std::span(beginning))));
  for (const std::string_view record : whole_records(beginning)) {
    events::Event event;
    if (!event.ParseFromArray(record.data(), static_cast<int>(record.size()))) break;
    if (event.summary().value_size() > 0) return event.summary().value(0).tag();
  }
  return "";
}

/// Returns the length of the beginning of a file that holds only whole records that are kept. Reads it in
/// pieces: a power failure, or another program, may leave a file of any size.
std::uint64_t kept_bytes(InputFile& file, const IsKept& is_kept) {
  constexpr std::size_t kPiece = 4u << 20;
  constexpr std::size_t kLargestRecord = 64u << 20;
  std::uint64_t kept = 0;
  std::string window;
  for (std::size_t got = kPiece; got == kPiece && window.size() < kLargestRecord;) {
    const std::size_t before = window.size();
    window.resize(before + kPiece);
    got = file.read(std::as_writable_bytes(std::span(window).subspan(before)));
    window.resize(before + got);
    std::size_t used = 0;
    for (const std::string_view record : whole_records(window)) {
      if (!is_event_kept(record, is_kept)) return kept + used;
      used += record.size() + kFrameBytes;
    }
    kept += used;
    window.erase(0, used);
  }
  return kept;
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

std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;  // what cannot be looked at is no event file
    if (entry->path().filename().string().starts_with(kPrefix) && entry->is_regular_file(ignored))
      found.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) throw_io_error(folder, "read", error.value());
  return found;
}

std::vector<fs::path> event_files_of(const fs::path& folder, std::string_view tag) {
  std::vector<fs::path> found = event_files(folder);
  std::erase_if(found, [&](const fs::path& path) { return first_tag(path) != tag; });
  return found;
}

void cut_event_files(const fs::path& folder, const IsKept& is_kept) {
  for (const fs::path& path : event_files(folder)) {
    InputFile file(path);
    const std::uint64_t kept = kept_bytes(file, is_kept);
    if (kept == 0)
      remove_file(path);
    else if (kept != file.size())
      cut_file(path, kept);
  }
}

}  // namespace lenet::tensorboard
