#include "tools/cli/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <system_error>
#include <utility>

#include "engine/core/error.hpp"
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
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(kRuns, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    const auto number = parse_number<std::int64_t>(std::string_view(name).substr(prefix.size()));
    highest = std::max(highest, number.value_or(0));
  }
  return highest;
}

fs::path numbered(std::string_view model, std::int64_t number) {
  return kRuns / fmt::format("{}-{}", model, number);
}

void make_parents(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw IoError(fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
}

// Creates a folder. Returns false if it already exists.
bool make_folder(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directory(folder, error);
  if (error) throw IoError(fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  return made;
}

void make_named_folder(const fs::path& folder) {
  if (folder.has_parent_path()) make_parents(folder.parent_path());
  if (!make_folder(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
    throw UsageError(
        fmt::format("--out {}: is there already: name a new folder, or go on with that run by --resume",
                    folder.string()));
}

// Locks a folder. The system releases the lock when the process ends, however it ends.
Descriptor lock_folder(const fs::path& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened)
    throw IoError(fmt::format("{}: cannot be opened as a folder: {}", folder.string(), std::strerror(errno)));
  if (flock(opened.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw IoError(fmt::format("{}: another program is training in this folder", folder.string()));
  return opened;
}

}  // namespace

RunFolder RunFolder::make(std::string_view model, const std::optional<std::string>& out) {
  if (out) {
    make_named_folder(*out);
    return RunFolder(*out, false);
  }
  make_parents(kRuns);
  std::int64_t number = highest_number(model) + 1;
  while (!make_folder(numbered(model, number))) ++number;  // creating the folder reserves the number
  return RunFolder(numbered(model, number), false);
}

fs::path RunFolder::next(std::string_view model, const std::optional<std::string>& out) {
  return out ? fs::path(*out) : numbered(model, highest_number(model) + 1);
}

RunFolder RunFolder::open(const fs::path& folder) { return RunFolder(folder, false); }

RunFolder RunFolder::temporary() {
  std::string name = (fs::temp_directory_path() / "lenet-fast-dev-run-XXXXXX").string();
  if (!mkdtemp(name.data())) throw IoError(fmt::format("{}: cannot be made: {}", name, std::strerror(errno)));
  return RunFolder(name, true);
}

RunFolder::RunFolder(fs::path path, bool is_temporary)
    : path_(std::move(path)), is_temporary_(is_temporary), lock_(lock_folder(path_)) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      is_temporary_(std::exchange(other.is_temporary_, false)),
      lock_(std::move(other.lock_)) {}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (is_temporary_) fs::remove_all(path_, ignored);
}

}  // namespace lenet::cli
