#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Returns the paths of all programs of this build.
inline std::vector<std::string> all_programs() {
  std::vector<std::string> programs;
  for (const char* name : {"lenet_bench", "lenet_data", "lenet_eval", "lenet_export", "lenet_plot",
                           "lenet_predict", "lenet_report", "lenet_runs", "lenet_serve", "lenet_train"})
    programs.push_back((std::filesystem::path(LENET_PROGRAMS) / name).string());
  const std::filesystem::path kernel_bench = std::filesystem::path(LENET_PROGRAMS) / "kernel_bench";
  if (std::filesystem::exists(kernel_bench)) programs.push_back(kernel_bench.string());  // where CUDA is
  return programs;
}
