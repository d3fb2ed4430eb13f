#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/graph/graph.hpp"
#include "engine/io/run_state.hpp"

/// best.bin and last.bin: safetensors files under PyTorch's names and layouts.
namespace lenet::io {

/// Origin of the weights. Stored as text in the file's metadata.
struct CheckpointInfo {
  std::string model;      ///< "cnn"
  std::string recipe;     ///< "keras"
  double epoch = 0;       ///< epochs done; whole unless the run is counted in steps
  std::int64_t step = 0;  ///< steps done
  double val_loss = 0;
  double val_accuracy = 0;
  std::uint64_t seed = 0;
  std::optional<float> dropout;          ///< dropout rate, for models that have dropout
  std::int64_t validation_count = 5000;  ///< how many training images were held back
  ClassNames class_names = {};           ///< those of the training data; none if they have none
  /// SHA-256 of all that the file means, as its metadata say. Set on reading; writing computes it.
  std::string digest = {};
};

/// Content of best.bin (info and parameters) or last.bin (all of it).
struct Checkpoint {
  CheckpointInfo info;
  std::vector<float> parameters;  ///< in the graph's canonical order
  /// Set in last.bin, from which a run can be resumed.
  std::optional<RunState> state = {};
  /// The optimizer's state, see Program::moments(): any number of arrays in canonical order. Written only
  /// together with `state`.
  std::vector<std::vector<float>> moments = {};
  /// Digest of the training images' labels, by which a resumed run recognises its data. Empty if not known.
  std::string labels_sha256 = {};
  /// Options that a resumed run must not change, by name: {"batch", "50"}. Empty in files of earlier
  /// versions.
  std::map<std::string, std::string> settings = {};
};

/// Writes a safetensors file as write_file_atomically() does. Throws IoError.
void save_checkpoint(const std::filesystem::path& path, const Graph& graph, const Checkpoint& checkpoint);

/// Reads the metadata alone, from which a caller learns which model to build. Throws CheckpointError or
/// IoError.
CheckpointInfo read_checkpoint_info(const std::filesystem::path& path);

/// Does the same, but returns nullopt for a safetensors file of another program, see import_weights().
std::optional<CheckpointInfo> find_checkpoint_info(const std::filesystem::path& path);

/// Reads all that the metadata say: the content without parameters and moments. Throws as
/// read_checkpoint_info() does.
Checkpoint read_checkpoint_metadata(const std::filesystem::path& path);

/// Reads a file whose tensors must have the names and shapes of `graph`'s parameters and of their moments.
/// Throws CheckpointError, which names the file and what does not fit, if anything differs or metadata and
/// tensors do not match their SHA-256; IoError if the file cannot be read.
Checkpoint load_checkpoint(const std::filesystem::path& path, const Graph& graph);

}  // namespace lenet::io
