#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "engine/tensorboard/summary.hpp"
#include "engine/train/observer.hpp"

/// Scalars, histograms and texts of a run in TensorBoard.
namespace lenet::tensorboard {

// TensorBoard shows the groups of tags in alphabetical order, and the first two of them open: the curves of
// evaluations and the pictures.
inline constexpr std::string_view kPictures = "images/";
inline constexpr std::string_view kSteps = "steps/";  ///< within the intervals between evaluations

/// Loss and accuracy of an evaluation.
std::vector<Summary> training_scalars(const train::Evaluation& evaluation);
std::vector<Summary> validation_scalars(const train::Evaluation& evaluation);

/// Loss and accuracy of the best evaluation so far, for the HParams tab.
std::vector<Summary> best_scalars(const train::Evaluation& evaluation);

/// Mean loss of some steps, the speed and the learning rate.
std::vector<Summary> step_scalars(double loss, double images_per_second, double learning_rate);

/// Values to draw histograms of, in canonical order, or the histograms of all parameters.
using ObservedValues = std::variant<std::vector<float>, std::vector<Histogram>>;
/// Reads from the Program what it has: histograms if the device counts them, else a copy of the values.
ObservedValues observed_values(Program& program, Observed of);

/// Returns one histogram per parameter, under tags such as "weights/conv1/weight" followed by `suffix`.
std::vector<Summary> histograms(const Graph& graph, const ObservedValues& values, std::string_view suffix);

/// Configuration for the Text tab.
Summary configuration(const train::RunInfo& run);

/// Hyperparameters for the HParams tab, and the metrics by which it compares runs: those of the best weights
/// in validation, and on the test images if lenet_eval ran.
SessionStart hyperparameters(const train::RunInfo& run);
Experiment experiment(const train::RunInfo& run);

}  // namespace lenet::tensorboard
