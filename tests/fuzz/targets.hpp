#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The fuzz targets: one for each reader of files or text that may come from a stranger. libFuzzer calls a
/// target with arbitrary bytes. The ordinary tests call it with its seeds, with damaged seeds, and with the
/// inputs that fuzzing once found.
namespace lenet::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// A target accepts the bytes, or refuses them with the reader's own exception. Anything else that it throws
/// is a defect.
struct Target {
  std::string_view name;
  void (*run)(Bytes bytes);
  std::vector<std::string> (*seeds)();  ///< valid inputs of each form
};

void run_checkpoint(Bytes bytes);
std::vector<std::string> checkpoint_seeds();
void run_class_names(Bytes bytes);
std::vector<std::string> class_names_seeds();
void run_command_line(Bytes bytes);
std::vector<std::string> command_line_seeds();
void run_config(Bytes bytes);
std::vector<std::string> config_seeds();
void run_events(Bytes bytes);
std::vector<std::string> events_seeds();
void run_idx(Bytes bytes);
std::vector<std::string> idx_seeds();
void run_machines(Bytes bytes);
std::vector<std::string> machines_seeds();
void run_metrics(Bytes bytes);
std::vector<std::string> metrics_seeds();
void run_picture(Bytes bytes);
std::vector<std::string> picture_seeds();
void run_test_result(Bytes bytes);
std::vector<std::string> test_result_seeds();

inline constexpr std::array kTargets = {
    Target{"checkpoint", run_checkpoint, checkpoint_seeds},
    Target{"class_names", run_class_names, class_names_seeds},
    Target{"command_line", run_command_line, command_line_seeds},
    Target{"config", run_config, config_seeds},
    Target{"events", run_events, events_seeds},
    Target{"idx", run_idx, idx_seeds},
    Target{"machines", run_machines, machines_seeds},
    Target{"metrics", run_metrics, metrics_seeds},
    Target{"picture", run_picture, picture_seeds},
    Target{"test_result", run_test_result, test_result_seeds},
};

/// Throws std::logic_error, which no reader throws, unless `holds`.
inline void demand(bool holds, const char* claim) {
  if (!holds) throw std::logic_error(claim);
}

inline std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace lenet::fuzz
