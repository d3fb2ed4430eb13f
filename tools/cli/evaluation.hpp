#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "engine/backend.hpp"
#include "engine/core/class_names.hpp"
#include "tools/cli/common_options.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {

/// A model with its weights, compiled for a device.
struct RunningModel {
  DeviceInfo device;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Program> program;
};

/// Opens the device and compiles the model for inference. If `auto` fell back from a better device, prints a
/// notice on standard error, unless it is to be quiet. Throws DeviceError.
RunningModel start(const LoadedModel& loaded, const DeviceOptions& device);

/// The result of a model on a set of images.
struct Evaluation {
  std::string model;
  std::string split;
  std::int64_t classes = 0;
  Metrics metrics;
  ClassNames class_names = {};

  /// Returns the number of images of `label` whose prediction was `prediction`.
  std::int64_t confused(std::int64_t label, std::int64_t prediction) const {
    return metrics.confusion[static_cast<std::size_t>(label * classes + prediction)];
  }

  /// Returns the standard error of the accuracy: the standard deviation of a share among `count` images.
  double standard_error() const;
};

/// Precision, recall and F1 of a class; 0 if the denominator is 0.
struct ClassScores {
  std::int64_t count = 0;  ///< images of this class
  double precision = 0;    ///< share of the images predicted as this class that belong to it
  double recall = 0;       ///< share of the images of this class that are predicted as it
  double f1 = 0;           ///< harmonic mean of the two
};

ClassScores scores_of(const Evaluation& evaluation, std::int64_t label);

/// An evaluation with its weights, data and device.
struct EvaluatedModel {
  LoadedModel loaded;
  data::Dataset dataset;
  RunningModel running;
  DatasetView data;  ///< the evaluated split, a view into the dataset
  Evaluation evaluation;
};

/// Evaluates weights on a split. Loss and accuracy are bit for bit those of the trainer's own evaluation.
/// `model`: see load_model(). Throws the exceptions of load_model(), load_mnist() and start().
EvaluatedModel evaluate_weights(const std::filesystem::path& weights, const ImageOptions& images,
                                const DeviceOptions& device,
                                const std::optional<std::string>& model = std::nullopt);

/// Does the same for weights that are loaded already.
EvaluatedModel evaluate_model(LoadedModel loaded, const ImageOptions& images, const DeviceOptions& device);

/// Returns whether these are MNIST's test images and their labels, judged by MNIST's checksums.
bool is_mnist_test(const data::Samples& test);

/// Returns one JSON object.
std::string evaluation_json(const Evaluation& evaluation, const LoadedModel& loaded,
                            const DeviceInfo& device);

}  // namespace lenet::cli
