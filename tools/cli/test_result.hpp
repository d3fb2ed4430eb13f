#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "tools/cli/evaluation.hpp"

/// evaluation.json in the folder of a run: the latest result of its best.bin on the test images.
namespace lenet::cli {

/// The result of a run's best weights on the test images.
struct TestResult {
  std::int64_t count = 0;
  std::int64_t correct = 0;
  double loss = 0;

  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(count); }
};

/// Writes evaluation.json if the evaluation is of a run's best.bin on the test images of the run's own data.
/// Does nothing otherwise, or if the folder is read-only. If the file cannot be written, warns of it. Returns
/// whether it was written.
bool keep_test_result(const EvaluatedModel& evaluated);

/// Returns the result in a run's folder. Returns nullopt if there is none, if the file is malformed, or if it
/// belongs to other weights than those of `digest`, which best.bin has.
std::optional<TestResult> read_test_result(const std::filesystem::path& folder, std::string_view digest);

/// Parses the text of evaluation.json. Returns nullopt as read_test_result() does.
std::optional<TestResult> parse_test_result(std::string_view text, std::string_view digest);

}  // namespace lenet::cli
