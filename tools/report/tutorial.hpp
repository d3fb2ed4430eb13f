#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace lenet::report {

/// A figure that the tutorial publishes: the accuracy of one of its networks on MNIST's 10,000 test images.
struct TutorialFigure {
  std::string_view model;
  double accuracy = 0;
};

/// The figures that README.md compares with, too.
inline constexpr std::array<TutorialFigure, 3> kTutorialFigures = {
    {{"regressor", 0.9192}, {"mlp", 0.9781}, {"cnn", 0.9925}}};

/// Returns nullopt for a model that the tutorial does not have.
constexpr std::optional<double> tutorial_accuracy(std::string_view model) {
  for (const TutorialFigure& figure : kTutorialFigures)
    if (figure.model == model) return figure.accuracy;
  return std::nullopt;
}

}  // namespace lenet::report
