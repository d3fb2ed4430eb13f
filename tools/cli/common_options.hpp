#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tools/cli/options.hpp"

/// Options that several programs share.
namespace lenet::cli {

/// The device that a program computes on.
struct DeviceOptions {
  std::string device = "auto";
  std::int64_t threads = 0;  ///< CPU threads; 0: OMP_NUM_THREADS, or one per core
  bool quiet = false;        ///< no notice if `auto` fell back to another device
};

/// The images that weights are evaluated on.
struct ImageOptions {
  std::string split = "test";
  std::optional<std::string> data;
  std::optional<std::int64_t> validation;  ///< if empty, that of the run that trained the weights
};

/// Returns the switch that lets a program replace the file that it writes.
Option force_option(std::string_view group, bool* field);
/// Throws UsageError if there is a file of this name already, unless it may be replaced.
void require_new_file(const std::filesystem::path& file, bool force);

Option device_option(std::string_view group, std::string* field);
Option threads_option(std::string_view group, std::int64_t* field);
Option data_option(std::string_view group, std::optional<std::string>* field,
                   std::string_view help = "MNIST's four files");
Option split_option(std::string_view group, std::string* field);
/// Returns the option for the number of training images that were held out when existing weights were
/// trained.
Option held_back_option(std::string_view group, std::optional<std::int64_t>* field);

/// Throws UsageError if steps_per_launch is above 1 and the data are not on the device.
void require_data_on_device(std::int64_t steps_per_launch, bool data_on_device);

}  // namespace lenet::cli
