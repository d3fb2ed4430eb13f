#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/histogram.hpp"

/// Values that TensorBoard shows, as plain data.
namespace lenet::tensorboard {

/// Tags under which the HParams tab looks for its data, and that of the configuration in the Text tab.
inline constexpr std::string_view kExperimentTag = "_hparams_/experiment";
inline constexpr std::string_view kSessionStartTag = "_hparams_/session_start_info";
inline constexpr std::string_view kSessionEndTag = "_hparams_/session_end_info";
inline constexpr std::string_view kConfigurationTag = "configuration";

/// Tags of the best weights' result on the test images.
inline constexpr std::string_view kTestAccuracyTag = "result/test_accuracy";
inline constexpr std::string_view kTestLossTag = "result/test_loss";

struct Scalar {
  double value = 0;  ///< written as float32, as Keras does
};

/// Text in Markdown.
struct Text {
  std::string markdown;
};

/// Picture as a PNG file.
struct Picture {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::string png;
};

/// Start of a run for the HParams tab, with the run's hyperparameters.
struct SessionStart {
  std::map<std::string, std::variant<double, std::string, bool>> hparams;
};

/// Columns of the HParams tab: the hyperparameters, and the metrics by which runs are compared.
struct Experiment {
  struct Metric {
    std::string group;  ///< folder of the event file within that of the session; may be empty
    std::string tag;
    std::string name;  ///< name in the table
  };
  std::vector<Metric> metrics;
  SessionStart example;         ///< gives the names and types of the hyperparameters of all runs
  std::set<std::string> first;  ///< hyperparameters whose columns come before the others
};

struct SessionEnd {
  bool success = false;
};

/// Value under a tag. The three kinds of the HParams tab have fixed tags; `tag` is not used for them.
struct Summary {
  std::string tag;
  std::variant<Scalar, Text, Histogram, Picture, Experiment, SessionStart, SessionEnd> value;
  std::string description = {};  ///< shown next to the value
};

}  // namespace lenet::tensorboard
