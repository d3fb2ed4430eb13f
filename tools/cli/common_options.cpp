#include "tools/cli/common_options.hpp"

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>

#include "engine/core/error.hpp"
#include "engine/device/devices.hpp"

namespace lenet::cli {
namespace {

constexpr std::array<std::string_view, 3> kSplits = {"train", "validation", "test"};
constexpr Limits kThreads{.lowest = 0, .highest = 1024};
constexpr Limits kHeldBack{.lowest = 0, .highest = 1e9};

}  // namespace

Option force_option(std::string_view group, bool* field) {
  return Option{"force", "", group, "replace a file of that name", "off", field}.only_flag();
}

void require_new_file(const std::filesystem::path& file, bool force) {
  std::error_code ignored;  // writing the file says what is wrong
  if (force || !std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return;
  throw UsageError(
      fmt::format("{}: already exists: name another file, or replace it with --force", file.string()));
}

Option device_option(std::string_view group, std::string* field) {
  static const std::string help = "where to compute: " + device::device_syntax();
  return Option{"device", "NAME", group, help, "auto", field}.suggesting(device::device_names());
}

Option threads_option(std::string_view group, std::int64_t* field) {
  return Option{"threads", "N", group, "CPU threads; 0: OMP_NUM_THREADS, or one per core", "0", field}
      .within(kThreads)
      .only_on(Hardware::cpu);
}

Option data_option(std::string_view group, std::optional<std::string>* field, std::string_view help) {
  return {"data", "DIR", group, help, "searched for", field};
}

Option split_option(std::string_view group, std::string* field) {
  return Option{"split", "NAME", group, "", "test", field}.among(kSplits);
}

Option held_back_option(std::string_view group, std::optional<std::int64_t>* field) {
  return Option{"validation", "N", group, "training images that were held out", "as in training", field}
      .within(kHeldBack);
}

void require_data_on_device(std::int64_t steps_per_launch, bool data_on_device) {
  if (steps_per_launch > 1 && !data_on_device)
    throw UsageError("--steps-per-launch above 1 needs --data-on-device");
}

}  // namespace lenet::cli
