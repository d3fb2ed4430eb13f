#include "tools/cli/training_machines.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/warning.hpp"
#include "tools/cli/version.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMachinesFile = "machine.json";
constexpr std::size_t kLargestMachinesFile = 1 << 20;

bool is_same_machine(TrainingMachine a, const TrainingMachine& b) {
  a.from_step = b.from_step;
  return a == b;
}

std::string machines_text(const std::vector<TrainingMachine>& machines) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TrainingMachine& machine : machines)
    list.push_back({{"from_step", machine.from_step},
                    {"device", machine.device},
                    {"description", machine.description},
                    {"on_host", machine.on_host},
                    {"system", machine.system},
                    {"program", machine.program}});
  const nlohmann::ordered_json json = {{"machines", std::move(list)}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// Returns no machines if there is no file, and nullopt if it cannot be read.
std::optional<std::vector<TrainingMachine>> machines_in(const fs::path& file) try {
  std::error_code ignored;  // reading the file fails then, too
  if (fs::symlink_status(file, ignored).type() == fs::file_type::not_found)
    return std::vector<TrainingMachine>();
  return parse_machines(read_file(file, kLargestMachinesFile));
} catch (const IoError&) {
  return std::nullopt;
}

}  // namespace

std::string system_text() {
  utsname system{};
  if (::uname(&system) != 0) return "";
  return fmt::format("{} {}, {}", system.sysname, system.release, system.machine);
}

TrainingMachine this_machine(const DeviceInfo& device, std::int64_t from_step) {
  return {.from_step = from_step,
          .device = device.name,
          .description = device.description,
          .on_host = device.on_host,
          .system = system_text(),
          .program = version_text()};
}

void record_machine(const fs::path& folder, const TrainingMachine& machine) {
  const fs::path file = folder / kMachinesFile;
  const auto earlier = machines_in(file);
  if (!earlier)
    warn(fmt::format("{}: cannot be read: what trained the run before is not known any more", file.string()));
  std::vector<TrainingMachine> machines = earlier.value_or(std::vector<TrainingMachine>());
  std::erase_if(machines, [&](const TrainingMachine& each) { return each.from_step >= machine.from_step; });
  if (machines.empty() || !is_same_machine(machines.back(), machine)) machines.push_back(machine);
  if (machines != earlier) write_file_atomically(file, machines_text(machines));
}

std::optional<std::vector<TrainingMachine>> parse_machines(std::string_view text) try {
  const nlohmann::json json = nlohmann::json::parse(text);
  std::vector<TrainingMachine> machines;
  for (const nlohmann::json& each : json.at("machines")) {
    const nlohmann::json& step = each.at("from_step");
    if (!step.is_number_integer()) return std::nullopt;
    machines.push_back({.from_step = step.get<std::int64_t>(),
                        .device = each.at("device").get<std::string>(),
                        .description = each.at("description").get<std::string>(),
                        .on_host = each.at("on_host").get<bool>(),
                        .system = each.at("system").get<std::string>(),
                        .program = each.at("program").get<std::string>()});
  }
  const bool is_ordered = std::ranges::adjacent_find(machines, std::ranges::greater_equal{},
                                                     &TrainingMachine::from_step) == machines.end();
  const bool is_possible = is_ordered && !machines.empty() && machines.front().from_step >= 0;
  return is_possible ? std::optional(std::move(machines)) : std::nullopt;
} catch (const nlohmann::json::exception&) {  // the text is no JSON, or a part is missing
  return std::nullopt;
}

std::vector<TrainingMachine> read_machines(const fs::path& folder) {
  return machines_in(folder / kMachinesFile).value_or(std::vector<TrainingMachine>());
}

}  // namespace lenet::cli
