#include "tools/cli/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/io_error.hpp"
#include "engine/core/number.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

const fs::path kRuns = "runs";

// Returns the highest n of all folders <model>-<n>, or 0 if there is none. The next run gets a higher number;
// gaps that deleted runs leave are not reused.
std::int64_t highest_number(std::string_view model) {
  const std::string prefix = fmt::format("{}-", model);
  std::int64_t highest = 0;
  std::error_code error;
  for (fs::directory_iterator entry(kRuns, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    const auto number = parse_number<std::int64_t>(std::string_view(name).substr(prefix.size()));
    highest = std::max(highest, number.value_or(0));
  }
  return highest;
}

fs::path numbered(std::string_view model, std::int64_t number) {
  return kRuns / fmt::format("{}-{}", model, number);
}

// An entry that cannot be looked at counts as missing: the next step says what is wrong.
bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// Locks the folder of a run, and removes what killed runs left half written there.
Descriptor lock(const fs::path& folder) {
  Descriptor held = try_lock_folder(folder);
  if (!held) throw IoError(fmt::format("{}: another program is training in this folder", folder.string()));
  for (const char* part : {"", "train", "validation"}) remove_temporaries(folder / part);
  return held;
}

/// Returns "runs/cnn-1" for "runs/cnn-1/last.bin", too.
fs::path folder_of(const fs::path& run) {
  if (run.filename() != "last.bin" || is_folder(run)) return run;
  return run.has_parent_path() ? run.parent_path() : ".";
}

}  // namespace

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

RunFolder RunFolder::make_named(const fs::path& path) {
  const auto refuse = [&] {
    throw UsageError(fmt::format(
        "--out {}: is there already: name a new folder, or go on with that run by --resume", path.string()));
  };
  if (is_there(path) && !is_folder(path)) refuse();
  make_folders(path);
  RunFolder folder(path, lock(path));
  if (!is_empty_folder(path)) refuse();
  return folder;
}

RunFolder RunFolder::make(std::string_view model, const std::optional<std::string>& out) {
  if (out) return make_named(*out);
  make_folders(kRuns);
  for (std::int64_t number = highest_number(model) + 1;; ++number) {
    const fs::path path = numbered(model, number);
    if (!make_folder(path)) continue;  // creating the folder reserves the number
    Descriptor held = try_lock_folder(path);
    // Another program may have been told to train in this very folder.
    if (held && is_empty_folder(path)) return {path, std::move(held)};
  }
}

fs::path RunFolder::next(std::string_view model, const std::optional<std::string>& out) {
  return out ? fs::path(*out) : numbered(model, highest_number(model) + 1);
}

RunFolder RunFolder::open(const fs::path& run) {
  const fs::path path = folder_of(run);
  const auto refuse = [&] {
    throw UsageError(fmt::format("--resume {}: there is no run in it that could go on", run.string()));
  };
  if (!is_folder(path)) refuse();
  RunFolder folder(path, lock(path));
  if (!is_there(path / "config.toml")) refuse();
  return folder;
}

RunFolder RunFolder::temporary() {
  std::error_code ignored;
  fs::path parent = fs::temp_directory_path(ignored);
  if (ignored) parent = "/tmp";
  std::string name = (parent / "lenet-fast-dev-run-XXXXXX").string();
  if (!mkdtemp(name.data())) throw_io_error(name, "made", errno);
  return {name, lock(name), true};
}

RunFolder::RunFolder(fs::path path, Descriptor lock, bool is_temporary)
    : path_(std::move(path)), lock_(std::move(lock)), is_temporary_(is_temporary) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::move(other.lock_)),
      is_temporary_(std::exchange(other.is_temporary_, false)) {}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (is_temporary_) fs::remove_all(path_, ignored);
}

}  // namespace lenet::cli
