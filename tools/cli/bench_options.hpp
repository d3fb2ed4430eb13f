#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/cli/program_options.hpp"

namespace lenet::cli {

/// The options of lenet_bench.
struct BenchOptions {
  std::string model = "cnn";
  std::optional<std::int64_t> batch;
  std::int64_t steps = 300;
  std::int64_t warmup = 30;
  std::optional<std::string> data;
  std::int64_t validation = 5000;
  std::string device = "auto";
  std::int64_t threads = 0;
  std::string precision = "fp32";
  bool deterministic = true;
  bool cuda_graph = true;
  bool autotune = false;
  bool data_on_device = false;
  std::int64_t steps_per_launch = 1;
  bool fork_steps = false;
  bool histograms_on_device = false;
  std::string fused = "off";
  std::optional<std::int64_t> sync_every;
  bool json = false;
  ProgramQuestions questions;
};

/// Returns the options of lenet_bench, bound to the fields of `options`.
OptionSet bench_option_set(BenchOptions& options);

}  // namespace lenet::cli
