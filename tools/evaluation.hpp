#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"
#include "engine/backend.hpp"
#include "engine/graph/recipe.hpp"
#include "engine/io/checkpoint.hpp"

namespace lenet {

/// Weights out of a file, and the model that they belong to.
struct LoadedModel {
  std::filesystem::path file;
  Model model;
  Checkpoint checkpoint;
};

/// Reads a weights file, or best.bin of a run's folder; the model is known from the file. Throws
/// CheckpointError or IoError.
LoadedModel load_model(const std::filesystem::path& file_or_folder);

/// How a model does on a set of images.
struct Evaluation {
  std::string model;
  std::string split;
  Metrics metrics;
  /// confusion[label][prediction]: how many images.
  std::array<std::array<std::int64_t, kClasses>, kClasses> confusion{};
  std::vector<float> logits;  ///< N×10

  std::span<const float> logits_of(std::size_t image) const {
    return std::span(logits).subspan(image * kClasses, kClasses);
  }

  /// Of the accuracy: the standard deviation of a share among `count` images.
  double standard_error() const;
};

/// Precision, recall and F1 of a class; 0 where there is nothing to divide by.
struct ClassScores {
  std::int64_t count = 0;  ///< images of this class
  double precision = 0;    ///< how many of those called so are
  double recall = 0;       ///< how many of those that are were called so
  double f1 = 0;           ///< harmonic mean of the two
};

ClassScores scores_of(const Evaluation& evaluation, std::int64_t label);

/// "train", "validation", "test".
DatasetView split_named(const Dataset& data, std::string_view split);

/// Loss and accuracy as the trainer's own evaluation gives them, bit for bit, and the confusion matrix.
Evaluation evaluate_model(const LoadedModel& loaded, Program& program, const DatasetView& data,
                          std::string_view split);

/// For people: a few lines and the matrix.
std::string evaluation_text(const Evaluation& evaluation);
/// For programs: one JSON object.
std::string evaluation_json(const Evaluation& evaluation, const LoadedModel& loaded,
                            const DeviceInfo& device);

}  // namespace lenet
