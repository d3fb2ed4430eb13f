#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.hpp"

/// machine.json in the folder of a run: what trained it. It is a file of its own, because config.toml and the
/// checkpoints of a seed are the same on all machines.
namespace lenet::cli {

/// A machine with its device and the program, and the steps that a run had done when it took over.
struct TrainingMachine {
  std::int64_t from_step = 0;
  std::string device;       ///< "cpu", "cuda:0"
  std::string description;  ///< "AMD EPYC 9654, 2 threads, AVX-512"
  bool on_host = false;     ///< the device is the CPU
  std::string system;       ///< "Linux 6.1.0, x86_64"
  std::string program;      ///< "lenet 0.2.0 (commit 0123456789ab)"

  bool operator==(const TrainingMachine&) const = default;
};

/// Returns the system and its kernel: "Linux 6.1.0, x86_64"; empty if they are not known.
std::string system_text();

/// Returns this machine with a device of it.
TrainingMachine this_machine(const DeviceInfo& device, std::int64_t from_step);

/// Adds a machine to those in a run's folder, unless it is the last of them already. Those that took over at
/// the same step or later are left out: no step of theirs was kept. Warns of a file that cannot be read, and
/// begins it again. Throws IoError if it cannot be written.
void record_machine(const std::filesystem::path& folder, const TrainingMachine& machine);

/// Returns the machines in a run's folder, the first one first. Empty if there is no file, as in runs of
/// earlier versions, or if it is malformed.
std::vector<TrainingMachine> read_machines(const std::filesystem::path& folder);

/// Parses the text of machine.json. Returns nullopt if it is malformed, or names no machine.
std::optional<std::vector<TrainingMachine>> parse_machines(std::string_view text);

}  // namespace lenet::cli
