#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// What TensorBoard shows, as plain data.
namespace lenet::tensorboard {

struct Scalar {
  double value = 0;  ///< written as float32, as Keras does
};

/// Markdown.
struct Text {
  std::string markdown;
};

/// How many values lie in each of a row of equal intervals.
struct Histogram {
  struct Bucket {
    double left = 0;
    double right = 0;
    double count = 0;
  };
  std::vector<Bucket> buckets;
};

/// A histogram of 30 buckets from the least value to the greatest, as TensorFlow makes them; one bucket if
/// all are equal. Values that are not finite are left out.
Histogram histogram_of(std::span<const float> values);

/// A picture as a PNG file.
struct Picture {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::string png;
};

/// The beginning of a run for the HParams tab: what it was trained with.
struct SessionStart {
  std::map<std::string, std::variant<double, std::string, bool>> hparams;
};

/// The columns of the HParams tab: the metrics by which runs are compared.
struct Experiment {
  struct Metric {
    std::string group;  ///< the event file's folder below the run's
    std::string tag;
    std::string name;  ///< that is shown
  };
  std::vector<Metric> metrics;
  SessionStart example;         ///< its names and types are those of all runs
  std::set<std::string> first;  ///< hyperparameters that are shown before the others
};

struct SessionEnd {
  bool success = false;
};

/// One value under a tag. The three of the HParams tab have tags of their own.
struct Summary {
  std::string tag;
  std::variant<Scalar, Text, Histogram, Picture, Experiment, SessionStart, SessionEnd> value;
  std::string description = {};  ///< shown beside it
};

}  // namespace lenet::tensorboard
