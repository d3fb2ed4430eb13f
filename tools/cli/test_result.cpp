#include "tools/cli/test_result.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>

#include "data/mnist.hpp"
#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/warning.hpp"
#include "engine/train/evaluation.hpp"
#include "tools/cli/train_options.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "evaluation.json";
constexpr std::size_t kLargestFile = 1 << 20;

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : "."; }

/// Returns whether the test images are those of the data that the run in `folder` was trained on. If the
/// run's data are not there any more, the images that are there count as a copy of them.
bool are_data_of_run(const data::Dataset& dataset, const fs::path& folder) {
  const std::optional<std::string> trained_on = options_in_file((folder / "config.toml").string()).data;
  std::error_code ignored;
  if (!trained_on || fs::equivalent(*trained_on, dataset.folder, ignored)) return true;
  try {
    return std::ranges::equal(data::load_mnist_test(trained_on).test.labels, dataset.test.labels);
  } catch (const DataError&) {
    return true;
  }
}

/// Returns whether the evaluation says something of the run in whose folder the weights are.
bool is_test_of_run(const EvaluatedModel& evaluated) {
  const fs::path& file = evaluated.loaded.file;
  std::error_code ignored;
  return evaluated.evaluation.split == "test" && file.filename() == "best.bin" &&
         !evaluated.loaded.checkpoint.info.digest.empty() &&
         fs::exists(folder_of(file) / "config.toml", ignored) &&
         are_data_of_run(evaluated.dataset, folder_of(file));
}

std::string file_text(const EvaluatedModel& evaluated) {
  const Metrics& metrics = evaluated.evaluation.metrics;
  const nlohmann::ordered_json json = {{"digest", evaluated.loaded.checkpoint.info.digest},
                                       {"model", evaluated.evaluation.model},
                                       {"split", evaluated.evaluation.split},
                                       {"count", metrics.count},
                                       {"correct", metrics.correct},
                                       {"accuracy", metrics.accuracy()},
                                       {"standard_error", evaluated.evaluation.standard_error()},
                                       {"loss", metrics.loss()},
                                       {"confusion", train::confusion_rows(metrics)},
                                       {"data", evaluated.dataset.folder.string()},
                                       {"device", evaluated.running.device.name}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

bool keep_test_result(const EvaluatedModel& evaluated) try {
  if (!is_test_of_run(evaluated)) return false;
  const fs::path folder = folder_of(evaluated.loaded.file);
  if (::access(folder.c_str(), W_OK) != 0) return false;
  write_file_atomically(folder / kFile, file_text(evaluated));
  return true;
} catch (const Error& error) {
  warn(fmt::format("the result is not kept for lenet_runs: {}", error.what()));
  return false;
}

std::optional<TestResult> parse_test_result(std::string_view text, std::string_view digest) try {
  const nlohmann::json json = nlohmann::json::parse(text);
  if (digest.empty() || json.at("digest").get<std::string>() != digest) return std::nullopt;
  for (const char* number : {"count", "correct"})
    if (!json.at(number).is_number_integer()) return std::nullopt;
  const TestResult result{.count = json.at("count").get<std::int64_t>(),
                          .correct = json.at("correct").get<std::int64_t>(),
                          .loss = json.at("loss").get<double>()};
  const bool is_possible = result.count > 0 && result.correct >= 0 && result.correct <= result.count;
  return is_possible ? std::optional(result) : std::nullopt;
} catch (const nlohmann::json::exception&) {  // the text is no JSON, or a number is missing
  return std::nullopt;
}

std::optional<TestResult> read_test_result(const fs::path& folder, std::string_view digest) try {
  return parse_test_result(read_file(folder / kFile, kLargestFile), digest);
} catch (const IoError&) {
  return std::nullopt;
}

}  // namespace lenet::cli
