#pragma once

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/support/read_all.hpp"

namespace lenet {

/// Returns the lines of a metrics.csv without their last column, the time.
inline std::string without_times(const std::string& csv) {
  std::string kept;
  for (std::size_t begin = 0, end = 0; begin < csv.size(); begin = end + 1) {
    end = std::min(csv.find('\n', begin), csv.size());
    const std::string line = csv.substr(begin, end - begin);
    kept += line.substr(0, line.rfind(',')) + '\n';
  }
  return kept;
}

/// Returns what two runs of one seed have in common in a file: its bytes, or all columns but the time of a
/// metrics.csv.
inline std::string run_content(const std::filesystem::path& path) {
  const std::string bytes = read_all(path);
  return path.filename() == "metrics.csv" ? without_times(bytes) : bytes;
}

}  // namespace lenet
