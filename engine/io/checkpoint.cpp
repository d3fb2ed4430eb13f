#include "engine/io/checkpoint.hpp"

#include <fmt/format.h>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/number.hpp"
#include "engine/core/sha256.hpp"
#include "engine/io/safetensors.hpp"

namespace lenet::io {
namespace {

using Metadata = std::map<std::string, std::string>;

/// Name of a moment's tensor: "optimizer.0.conv1.weight".
std::string moment_name(std::size_t moment, const Parameter& parameter) {
  return fmt::format("optimizer.{}.{}", moment, parameter.name);
}

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
  return metadata;
}

// "report" is an older name for an evaluation. The keys keep it, so that files of all ages can be read. The
// state's step is the info's.
Metadata state_metadata(const RunState& state) {
  return {{"training.reports", fmt::to_string(state.evaluations)},
          {"training.best_val_loss", fmt::to_string(state.best_val_loss)},
          {"training.best_val_accuracy", fmt::to_string(state.best_val_accuracy)},
          {"training.best_report", fmt::to_string(state.best_evaluation)},
          {"training.evaluations_without_progress", fmt::to_string(state.evaluations_without_progress)},
          {"training.loss_sum", fmt::to_string(state.training.loss_sum)},
          {"training.correct", fmt::to_string(state.training.correct)},
          {"training.count", fmt::to_string(state.training.count)}};
}

Metadata metadata_of(const Checkpoint& checkpoint) {
  Metadata metadata = info_metadata(checkpoint.info);
  if (checkpoint.state) {
    metadata.merge(state_metadata(*checkpoint.state));
    metadata["training.moments"] = fmt::to_string(checkpoint.moments.size());
    if (!checkpoint.labels_sha256.empty()) metadata["training.labels_sha256"] = checkpoint.labels_sha256;
  }
  return metadata;
}

/// Parses the texts of the metadata. Throws CheckpointError for a key that is missing or malformed.
class MetadataReader {
 public:
  MetadataReader(const Metadata& metadata, const std::filesystem::path& file)
      : metadata_(metadata), file_(file) {}

  bool has(const std::string& key) const { return metadata_.contains(key); }

  const std::string& text(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end())
      throw CheckpointError(fmt::format(
          "{}: '{}' is missing from the metadata: the file was not written by lenet", file_.string(), key));
    return found->second;
  }

  template <class Number>
  Number number(const std::string& key) const {
    const auto value = parse_number<Number>(text(key));
    if (!value)
      throw CheckpointError(fmt::format("{}: '{}' in the metadata is not a number", file_.string(), key));
    return *value;
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

CheckpointInfo info_of(const MetadataReader& metadata) {
  CheckpointInfo info{.model = metadata.text("model"),
                      .recipe = metadata.text("recipe"),
                      .epoch = metadata.count("epoch"),
                      .step = metadata.count("step"),
                      .val_loss = metadata.number<double>("val_loss"),
                      .val_accuracy = metadata.number<double>("val_accuracy"),
                      .seed = metadata.number<std::uint64_t>("seed"),
                      .validation_count = metadata.count("validation_count")};
  if (metadata.has("dropout")) info.dropout = metadata.number<float>("dropout");
  return info;
}

RunState state_of(const MetadataReader& metadata) {
  return {.step = metadata.count("step"),
          .evaluations = metadata.count("training.reports"),
          .best_val_loss = metadata.number<double>("training.best_val_loss"),
          .best_val_accuracy = metadata.number<double>("training.best_val_accuracy"),
          .best_evaluation = metadata.count("training.best_report"),
          .evaluations_without_progress = metadata.count("training.evaluations_without_progress"),
          .training = {.loss_sum = metadata.number<double>("training.loss_sum"),
                       .correct = metadata.count("training.correct"),
                       .count = metadata.count("training.count")}};
}

/// Returns the number of moments that the file declares. Refuses a number above that of its tensors, for
/// which too much memory would be allocated.
std::size_t moment_count(const MetadataReader& metadata, const SafetensorsHeader& header,
                         const std::filesystem::path& file) {
  const auto moments = static_cast<std::size_t>(metadata.count("training.moments"));
  if (moments > header.tensors.size())
    throw CheckpointError(fmt::format("{}: 'training.moments' is {}, but the file has {} tensors",
                                      file.string(), moments, header.tensors.size()));
  return moments;
}

/// Names and shapes of the tensors that the file must hold: the weights, then each moment.
std::vector<SafetensorsTensor> expected_tensors(const Graph& graph, std::size_t moments) {
  std::vector<SafetensorsTensor> tensors;
  for (const Parameter& parameter : graph.parameters())
    tensors.push_back({.name = parameter.name, .shape = parameter.shape});
  for (std::size_t moment = 0; moment < moments; ++moment)
    for (const Parameter& parameter : graph.parameters())
      tensors.push_back({.name = moment_name(moment, parameter), .shape = parameter.shape});
  return tensors;
}

void require_tensors(const SafetensorsHeader& header, std::span<const SafetensorsTensor> expected,
                     std::string_view model, const std::filesystem::path& file) {
  std::map<std::string_view, const SafetensorsEntry*> found;
  for (const SafetensorsEntry& entry : header.tensors) found[entry.name] = &entry;
  for (const SafetensorsTensor& tensor : expected) {
    const auto entry = found.find(tensor.name);
    if (entry == found.end())
      throw CheckpointError(fmt::format("{}: the tensor '{}' is missing", file.string(), tensor.name));
    if (entry->second->shape != tensor.shape)
      throw CheckpointError(fmt::format("{}: '{}' has shape {}, expected {}", file.string(), tensor.name,
                                        to_string(entry->second->shape), to_string(tensor.shape)));
  }
  if (header.tensors.size() != expected.size())
    throw CheckpointError(fmt::format("{}: holds {} tensors, expected {} for model '{}'", file.string(),
                                      header.tensors.size(), expected.size(), model));
}

/// Copies the weights and then each moment out of the payload, whose tensors may be in any order, into arrays
/// in canonical order.
std::vector<std::vector<float>> canonical_arrays(const SafetensorsHeader& header,
                                                 std::span<const float> payload, const Graph& graph,
                                                 std::size_t moments) {
  std::map<std::string_view, std::span<const float>> values;
  for (const SafetensorsEntry& entry : header.tensors)
    values[entry.name] =
        payload.subspan(entry.begin / sizeof(float), (entry.end - entry.begin) / sizeof(float));
  std::vector<std::vector<float>> arrays(1 + moments);
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    arrays[i].reserve(static_cast<std::size_t>(graph.parameter_count()));
    for (const Parameter& parameter : graph.parameters()) {
      const auto part = values.at(i == 0 ? parameter.name : moment_name(i - 1, parameter));
      arrays[i].insert(arrays[i].end(), part.begin(), part.end());
    }
  }
  return arrays;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Graph& graph, const Checkpoint& checkpoint) {
  std::vector<std::span<const float>> arrays{checkpoint.parameters};
  if (checkpoint.state)
    for (const auto& moment : checkpoint.moments) arrays.push_back(moment);

  std::vector<SafetensorsTensor> tensors = expected_tensors(graph, arrays.size() - 1);
  const std::size_t parameters = graph.parameters().size();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Parameter& parameter = graph.parameters()[i % parameters];
    tensors[i].values = arrays[i / parameters].subspan(static_cast<std::size_t>(parameter.offset),
                                                       static_cast<std::size_t>(parameter.count()));
  }

  Sha256 digest;
  for (const auto array : arrays) digest.update(std::as_bytes(array));
  Metadata metadata = metadata_of(checkpoint);
  metadata["sha256"] = digest.finish();

  std::string file = safetensors_preamble(tensors, metadata);
  for (const auto array : arrays)
    file.append(reinterpret_cast<const char*>(array.data()), array.size_bytes());
  write_file_atomically(path, file);
}

CheckpointInfo read_checkpoint_info(const std::filesystem::path& path) {
  const SafetensorsReader reader(path);
  return info_of({reader.header().metadata, path});
}

Checkpoint load_checkpoint(const std::filesystem::path& path, const Graph& graph) {
  SafetensorsReader reader(path);
  const MetadataReader metadata(reader.header().metadata, path);
  Checkpoint checkpoint{.info = info_of(metadata)};
  std::size_t moments = 0;
  if (metadata.has("training.moments")) {
    moments = moment_count(metadata, reader.header(), path);
    checkpoint.state = state_of(metadata);
    if (metadata.has("training.labels_sha256"))
      checkpoint.labels_sha256 = metadata.text("training.labels_sha256");
  }
  require_tensors(reader.header(), expected_tensors(graph, moments), checkpoint.info.model, path);

  const std::vector<float> payload = reader.read_payload();
  if (sha256_hex(std::as_bytes(std::span(payload))) != metadata.text("sha256"))
    throw CheckpointError(
        fmt::format("{}: the weights do not match their SHA-256: the file is damaged", path.string()));
  auto arrays = canonical_arrays(reader.header(), payload, graph, moments);
  checkpoint.parameters = std::move(arrays.front());
  checkpoint.moments.assign(std::make_move_iterator(arrays.begin() + 1),
                            std::make_move_iterator(arrays.end()));
  return checkpoint;
}

}  // namespace lenet::io
