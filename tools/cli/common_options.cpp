#include "tools/cli/common_options.hpp"

#include <array>

#include "engine/device/devices.hpp"

namespace lenet::cli {
namespace {

constexpr std::array<std::string_view, 3> kSplits = {"train", "validation", "test"};
constexpr Limits kThreads{.lowest = 0, .highest = 1024};
constexpr Limits kHeldBack{.lowest = 1, .highest = 1e9};

}  // namespace

Option device_option(std::string_view group, std::string* field) {
  return Option{"device", "NAME", group, device::device_syntax(), "auto", field}.suggesting(
      device::device_names());
}

Option threads_option(std::string_view group, std::int64_t* field) {
  return Option{"threads", "N", group, "CPU threads; 0: OMP_NUM_THREADS, or one per core", "0", field}.within(
      kThreads);
}

Option data_option(std::string_view group, std::optional<std::string>* field, std::string_view help) {
  return {"data", "DIR", group, help, "found by itself", field};
}

Option split_option(std::string_view group, std::string* field) {
  return Option{"split", "NAME", group, "", "test", field}.among(kSplits);
}

Option held_back_option(std::string_view group, std::optional<std::int64_t>* field) {
  return Option{"validation", "N", group, "training images that were held back", "as in training", field}
      .within(kHeldBack);
}

}  // namespace lenet::cli
