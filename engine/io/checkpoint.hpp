#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.hpp"

/// best.bin and last.bin: safetensors files under PyTorch's names and layouts.
namespace lenet::io {

/// Where the weights come from. Stored as the file's metadata, all as text.
struct CheckpointInfo {
  std::string model;       ///< "cnn"
  std::string recipe;      ///< "keras"
  std::int64_t epoch = 0;  ///< epochs done
  std::int64_t step = 0;   ///< steps done
  double val_loss = 0;
  double val_accuracy = 0;
  std::uint64_t seed = 0;
  std::optional<float> dropout;          ///< the rate, for models that have it
  std::int64_t validation_count = 5000;  ///< how many training images were held back
};

/// What a resumed run needs beyond the weights, so that it goes on bit for bit. In last.bin only.
struct TrainingState {
  std::vector<std::vector<float>> moments;  ///< canonical order, see Program::moments()
  std::int64_t evaluations = 0;             ///< evaluations done
  double best_val_loss = 0;                 ///< infinity before the first evaluation
  double best_val_accuracy = 0;
  std::int64_t best_evaluation = 0;               ///< the evaluation that was best, counts from 1
  std::int64_t evaluations_without_progress = 0;  ///< for --patience
  double loss_sum = 0;                            ///< training metrics since the last evaluation
  std::int64_t correct = 0;
  std::int64_t count = 0;
  std::string labels_sha256;  ///< of the training images' labels: which data the run is about; may be empty
};

struct Checkpoint {
  CheckpointInfo info;
  std::vector<float> parameters;  ///< in the graph's canonical order
  std::optional<TrainingState> training;
};

/// Writes a safetensors file: to a temporary beside `path`, fsynced, renamed, the folder fsynced. A reader
/// sees the old file or the new one, whole. Throws IoError.
void save_checkpoint(const std::filesystem::path& path, const Graph& graph, const Checkpoint& checkpoint);

/// Reads the metadata alone: which model is this? Throws CheckpointError or IoError.
CheckpointInfo read_checkpoint_info(const std::filesystem::path& path);

/// Reads the weights for `graph`. Names, shapes, dtypes, offsets, size and the payload's SHA-256 must be
/// right. Throws CheckpointError, naming the file and what does not fit, or IoError.
Checkpoint load_checkpoint(const std::filesystem::path& path, const Graph& graph);

}  // namespace lenet::io
