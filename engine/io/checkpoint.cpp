#include "engine/io/checkpoint.hpp"

#include <fmt/format.h>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/sha256.hpp"
#include "engine/io/checkpoint_metadata.hpp"
#include "engine/io/safetensors.hpp"

namespace lenet::io {
namespace {

const std::string kDigestKey = "digest";
const std::string kOldDigestKey = "sha256";

/// Name of a moment's tensor: "optimizer.0.conv1.weight".
std::string moment_name(std::size_t moment, const Parameter& parameter) {
  return fmt::format("optimizer.{}.{}", moment, parameter.name);
}

/// Returns the number of moments of a checkpoint with a run's state. Refuses a number above that of the
/// file's tensors, for which too much memory would be allocated.
std::size_t checked_moments(std::int64_t moments, const SafetensorsHeader& header,
                            const std::filesystem::path& file) {
  if (moments > std::ssize(header.tensors))
    throw CheckpointError(fmt::format("{}: 'training.moments' is {}, but the file has {} tensors",
                                      file.string(), moments, header.tensors.size()));
  return static_cast<std::size_t>(moments);
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

/// Updates a digest with a text and its length, so that no two lists of texts give the same bytes.
void update(Sha256& digest, const std::string& text) {
  const std::string framed = fmt::format("{}:{}", text.size(), text);
  digest.update(std::as_bytes(std::span(framed)));
}

/// Returns the digest of all that a checkpoint means: the metadata, except for the digest itself and the mark
/// of PyTorch's writer, and the arrays in canonical order. It stays the same if another program writes the
/// file again with its tensors in another order.
std::string digest_of(const Metadata& metadata, std::span<const std::span<const float>> arrays) {
  Sha256 digest;
  for (const auto& [key, value] : metadata) {
    if (key == kDigestKey || key == "format") continue;
    update(digest, key);
    update(digest, value);
  }
  for (const auto array : arrays) digest.update(std::as_bytes(array));
  return digest.finish();
}

/// Throws CheckpointError unless the file holds what was written.
void require_digest(const Metadata& metadata, std::span<const std::vector<float>> arrays,
                    const std::filesystem::path& file) {
  const std::vector<std::span<const float>> views(arrays.begin(), arrays.end());
  // Files of earlier versions have a digest of the arrays alone.
  const bool is_old = !metadata.contains(kDigestKey) && metadata.contains(kOldDigestKey);
  const std::string& expected = text_of(metadata, is_old ? kOldDigestKey : kDigestKey, file);
  if (digest_of(is_old ? Metadata{} : metadata, views) != expected)
    throw CheckpointError(
        fmt::format("{}: does not match its SHA-256: the file is damaged or was changed", file.string()));
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

  Metadata metadata = metadata_of(checkpoint);
  metadata[kDigestKey] = digest_of(metadata, arrays);

  std::string file = safetensors_preamble(tensors, metadata);
  for (const auto array : arrays)
    file.append(reinterpret_cast<const char*>(array.data()), array.size_bytes());
  write_file_atomically(path, file);
}

CheckpointInfo read_checkpoint_info(const std::filesystem::path& path) {
  return info_of(SafetensorsReader(path).header().metadata, path);
}

Checkpoint load_checkpoint(const std::filesystem::path& path, const Graph& graph) {
  SafetensorsReader reader(path);
  const Metadata& metadata = reader.header().metadata;
  Checkpoint checkpoint{.info = info_of(metadata, path)};
  std::size_t moments = 0;
  if (const auto declared = moments_of(metadata, path)) {
    moments = checked_moments(*declared, reader.header(), path);
    checkpoint.state = state_of(metadata, path);
    checkpoint.settings = settings_of(metadata);
    if (const auto labels = metadata.find("training.labels_sha256"); labels != metadata.end())
      checkpoint.labels_sha256 = labels->second;
  }
  require_tensors(reader.header(), expected_tensors(graph, moments), checkpoint.info.model, path);

  auto arrays = canonical_arrays(reader.header(), reader.read_payload(), graph, moments);
  require_digest(metadata, arrays, path);
  checkpoint.parameters = std::move(arrays.front());
  checkpoint.moments.assign(std::make_move_iterator(arrays.begin() + 1),
                            std::make_move_iterator(arrays.end()));
  return checkpoint;
}

}  // namespace lenet::io
