#include "engine/io/checkpoint.hpp"

#include <fmt/format.h>
#include <span>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/sha256.hpp"
#include "engine/core/text.hpp"
#include "engine/io/checkpoint_metadata.hpp"
#include "engine/io/parameter_tensors.hpp"
#include "engine/io/safetensors.hpp"

namespace lenet::io {
namespace {

/// Returns the number of moments of a checkpoint with a run's state. Refuses a number above that of the
/// file's tensors, for which too much memory would be allocated.
std::size_t checked_moments(std::int64_t moments, const SafetensorsHeader& header,
                            const std::filesystem::path& file) {
  if (moments > std::ssize(header.tensors))
    throw CheckpointError(fmt::format("{}: 'training.moments' is {}, but the file has {} tensors",
                                      file.string(), moments, header.tensors.size()));
  return static_cast<std::size_t>(moments);
}

/// Throws CheckpointError for a tensor of another type than those that are written.
void require_float32(const SafetensorsHeader& header, const std::filesystem::path& file) {
  for (const SafetensorsEntry& entry : header.tensors)
    if (entry.dtype != Dtype::f32)
      throw CheckpointError(fmt::format("{}: '{}' has dtype {}, expected F32", file.string(),
                                        shortened(entry.name), name_of(entry.dtype)));
}

/// Throws CheckpointError if there are names of classes, but more or fewer than classes.
void require_names_of_all(const ClassNames& names, const Graph& graph, const std::filesystem::path& file) {
  if (!names.empty() && std::cmp_not_equal(names.size(), graph.classes()))
    throw CheckpointError(fmt::format("{}: has names of {} classes, expected {}", file.string(), names.size(),
                                      graph.classes()));
}

/// Returns whether the metadata are a checkpoint's, even if one of its keys has been lost.
bool is_of_checkpoint(const Metadata& metadata) {
  return metadata.contains(kDigestKey) || metadata.contains(kOldDigestKey) ||
         (metadata.contains("model") && metadata.contains("recipe"));
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

/// Returns what the metadata say of a checkpoint.
Checkpoint described(const Metadata& metadata, const std::filesystem::path& path) {
  Checkpoint checkpoint{.info = info_of(metadata, path)};
  if (!moments_of(metadata, path)) return checkpoint;
  checkpoint.state = state_of(metadata, path);
  checkpoint.settings = settings_of(metadata);
  if (const auto labels = metadata.find("training.labels_sha256"); labels != metadata.end())
    checkpoint.labels_sha256 = labels->second;
  return checkpoint;
}

/// Throws CheckpointError unless the file holds what was written.
void require_digest(const Metadata& metadata, std::span<const std::vector<float>> arrays,
                    const std::filesystem::path& file) {
  const std::vector<std::span<const float>> views(arrays.begin(), arrays.end());
  // Older files have a digest of the arrays alone.
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
    tensors[i].values = parameter.in(arrays[i / parameters]);
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

std::optional<CheckpointInfo> find_checkpoint_info(const std::filesystem::path& path) {
  const SafetensorsReader reader(path);
  if (!is_of_checkpoint(reader.header().metadata)) return std::nullopt;
  return info_of(reader.header().metadata, path);
}

Checkpoint read_checkpoint_metadata(const std::filesystem::path& path) {
  return described(SafetensorsReader(path).header().metadata, path);
}

Checkpoint load_checkpoint(const std::filesystem::path& path, const Graph& graph) {
  SafetensorsReader reader(path);
  const Metadata& metadata = reader.header().metadata;
  std::size_t moments = 0;
  if (const auto declared = moments_of(metadata, path))
    moments = checked_moments(*declared, reader.header(), path);
  Checkpoint checkpoint = described(metadata, path);
  require_float32(reader.header(), path);
  require_tensors(reader.header(), expected_tensors(graph, moments), checkpoint.info.model, path);
  require_names_of_all(checkpoint.info.class_names, graph, path);

  auto arrays = canonical_arrays(reader.header(), reader.read_payload(), graph, moments);
  require_digest(metadata, arrays, path);
  checkpoint.parameters = std::move(arrays.front());
  checkpoint.moments.assign(std::make_move_iterator(arrays.begin() + 1),
                            std::make_move_iterator(arrays.end()));
  return checkpoint;
}

}  // namespace lenet::io
