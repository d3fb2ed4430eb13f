#include "engine/io/checkpoint_metadata.hpp"

#include <cmath>
#include <fmt/format.h>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/number.hpp"

namespace lenet::io {
namespace {

constexpr std::string_view kSettingPrefix = "setting.";

// fmt writes the shortest text that reads back as the same number, so nothing is lost.
Metadata info_metadata(const CheckpointInfo& info) {
  Metadata metadata{{"format", "pt"},
                    {"model", info.model},
                    {"recipe", info.recipe},
                    {"epoch", fmt::to_string(info.epoch)},
                    {"step", fmt::to_string(info.step)},
                    {"val_loss", fmt::to_string(info.val_loss)},
                    {"val_accuracy", fmt::to_string(info.val_accuracy)},
                    {"seed", fmt::to_string(info.seed)},
                    {"validation_count", fmt::to_string(info.validation_count)}};
  if (info.dropout) metadata["dropout"] = fmt::to_string(*info.dropout);
  if (!info.class_names.empty()) metadata["class_names"] = info.class_names.text();
  return metadata;
}

// "report" is an older name for an evaluation. The keys keep it, so that files of all ages can be read. The
// state's step is the info's.
Metadata state_metadata(const RunState& state) {
  return {{"training.reports", fmt::to_string(state.evaluations)},
          {"training.best_val_loss", fmt::to_string(state.best_val_loss)},
          {"training.best_val_accuracy", fmt::to_string(state.best_val_accuracy)},
          {"training.best_report", fmt::to_string(state.best_evaluation)},
          {"training.best_step", fmt::to_string(state.best_step)},
          {"training.evaluations_without_progress", fmt::to_string(state.evaluations_without_progress)},
          {"training.loss_sum", fmt::to_string(state.training.loss_sum)},
          {"training.correct", fmt::to_string(state.training.correct)},
          {"training.count", fmt::to_string(state.training.count)}};
}

/// Parses the texts of the metadata.
class MetadataReader {
 public:
  MetadataReader(const Metadata& metadata, const std::filesystem::path& file)
      : metadata_(metadata), file_(file) {}

  bool has(const std::string& key) const { return metadata_.contains(key); }
  const std::string& text(const std::string& key) const { return text_of(metadata_, key, file_); }

  template <class Number>
  Number number(const std::string& key) const {
    const auto value = parse_number<Number>(text(key));
    if (!value)
      throw CheckpointError(fmt::format("{}: '{}' in the metadata is not a number", file_.string(), key));
    return *value;
  }

  double amount(const std::string& key) const {
    const auto value = number<double>(key);
    if (!std::isfinite(value) || value < 0)
      throw CheckpointError(
          fmt::format("{}: '{}' in the metadata is negative or not finite", file_.string(), key));
    return value;
  }

  std::int64_t count(const std::string& key) const {
    const auto value = number<std::int64_t>(key);
    if (value < 0)
      throw CheckpointError(fmt::format("{}: '{}' in the metadata is negative", file_.string(), key));
    return value;
  }

 private:
  const Metadata& metadata_;
  const std::filesystem::path& file_;
};

ClassNames class_names_of(const std::string& text, const std::filesystem::path& file) {
  std::vector<std::string> names = class_name_lines(text);
  if (const std::string fault = class_name_fault(names); !fault.empty())
    throw CheckpointError(fmt::format("{}: 'class_names' in the metadata: {}", file.string(), fault));
  return ClassNames(std::move(names));
}

}  // namespace

Metadata metadata_of(const Checkpoint& checkpoint) {
  Metadata metadata = info_metadata(checkpoint.info);
  if (!checkpoint.state) return metadata;
  metadata.merge(state_metadata(*checkpoint.state));
  metadata["training.moments"] = fmt::to_string(checkpoint.moments.size());
  if (!checkpoint.labels_sha256.empty()) metadata["training.labels_sha256"] = checkpoint.labels_sha256;
  for (const auto& [name, value] : checkpoint.settings) metadata[std::string(kSettingPrefix) + name] = value;
  return metadata;
}

CheckpointInfo info_of(const Metadata& texts, const std::filesystem::path& file) {
  const MetadataReader metadata(texts, file);
  CheckpointInfo info{.model = metadata.text("model"),
                      .recipe = metadata.text("recipe"),
                      .epoch = metadata.amount("epoch"),
                      .step = metadata.count("step"),
                      .val_loss = metadata.number<double>("val_loss"),
                      .val_accuracy = metadata.number<double>("val_accuracy"),
                      .seed = metadata.number<std::uint64_t>("seed"),
                      .validation_count = metadata.count("validation_count")};
  if (metadata.has("dropout")) info.dropout = metadata.number<float>("dropout");
  if (metadata.has("class_names")) info.class_names = class_names_of(metadata.text("class_names"), file);
  for (const std::string& key : {kDigestKey, kOldDigestKey})
    if (info.digest.empty() && metadata.has(key)) info.digest = metadata.text(key);
  return info;
}

RunState state_of(const Metadata& texts, const std::filesystem::path& file) {
  const MetadataReader metadata(texts, file);
  return {.step = metadata.count("step"),
          .evaluations = metadata.count("training.reports"),
          .best_val_loss = metadata.number<double>("training.best_val_loss"),
          .best_val_accuracy = metadata.number<double>("training.best_val_accuracy"),
          .best_evaluation = metadata.count("training.best_report"),
          .best_step = metadata.has("training.best_step") ? metadata.count("training.best_step") : 0,
          .evaluations_without_progress = metadata.count("training.evaluations_without_progress"),
          .training = {.loss_sum = metadata.number<double>("training.loss_sum"),
                       .correct = metadata.count("training.correct"),
                       .count = metadata.count("training.count")}};
}

std::map<std::string, std::string> settings_of(const Metadata& metadata) {
  std::map<std::string, std::string> settings;
  for (const auto& [key, value] : metadata)
    if (key.starts_with(kSettingPrefix)) settings[key.substr(kSettingPrefix.size())] = value;
  return settings;
}

std::optional<std::int64_t> moments_of(const Metadata& texts, const std::filesystem::path& file) {
  const MetadataReader metadata(texts, file);
  if (!metadata.has("training.moments")) return std::nullopt;
  return metadata.count("training.moments");
}

const std::string& text_of(const Metadata& metadata, const std::string& key,
                           const std::filesystem::path& file) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    throw CheckpointError(fmt::format(
        "{}: '{}' is missing from the metadata: the file was not written by lenet", file.string(), key));
  return found->second;
}

}  // namespace lenet::io
