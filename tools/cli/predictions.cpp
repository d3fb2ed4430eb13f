#include "tools/cli/predictions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/core/prediction.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/csv.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/half_blocks.hpp"

namespace lenet::cli {
namespace {

std::string padded(const std::string& name, std::size_t width) {
  const auto letters = static_cast<std::size_t>(columns(name));
  return name + std::string(width > letters ? width - letters : 0, ' ');
}

/// "right", or the correct class.
std::string verdict(const PredictedDigit& digit, std::int64_t answer) {
  if (!digit.label) return "";
  return *digit.label == answer ? "   right" : fmt::format("   wrong: it is {}", *digit.label);
}

/// All classes in their order, five per line.
std::string all_classes(const PredictedDigit& digit) {
  constexpr std::size_t kPerLine = 5;
  const std::vector<double> probabilities = softmax(digit.logits);
  std::string text;
  for (std::size_t label = 0; label < probabilities.size(); ++label) {
    const bool last = (label + 1) % kPerLine == 0 || label + 1 == probabilities.size();
    text += fmt::format("   {} {:>9}{}", label, percent_text(probabilities[label]), last ? "\n" : "");
  }
  return text;
}

template <class Number>
std::string csv_number(const std::optional<Number>& number) {
  return number ? fmt::to_string(*number) : "";
}

}  // namespace

std::string predictions_text(const DigitBatch& batch, PredictionText form) {
  constexpr std::size_t kShownClasses = 3;
  std::size_t width = 0;
  for (const PredictedDigit& digit : batch.digits)
    width = std::max(width, static_cast<std::size_t>(columns(printable(digit.name))));
  std::string text;
  for (const PredictedDigit& digit : batch.digits) {
    const auto likeliest = most_likely(digit.logits, form.all ? 1 : kShownClasses);
    if (form.show) text += half_blocks(digit.pixels, batch.image);
    text += padded(printable(digit.name), width);
    for (const auto& [label, probability] : likeliest)
      text += fmt::format("   {} {:>9}", label, percent_text(probability));
    text += verdict(digit, likeliest.front().label) + '\n';
    if (form.all) text += all_classes(digit);
  }
  return text;
}

std::string predictions_json(const DigitBatch& batch) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const PredictedDigit& digit : batch.digits) {
    nlohmann::ordered_json entry = {{"picture", digit.file.empty() ? digit.name : digit.file}};
    if (digit.place)
      entry["place"] = {{"left", digit.place->left},
                        {"top", digit.place->top},
                        {"width", digit.place->width},
                        {"height", digit.place->height}};
    if (!digit.doubt.empty()) entry["not_sure"] = digit.doubt;
    if (digit.index) entry["index"] = *digit.index;
    if (digit.label) entry["correct"] = *digit.label;
    entry["digit"] = most_likely(digit.logits, 1).front().label;
    entry["probabilities"] = softmax(digit.logits);
    all.push_back(std::move(entry));
  }
  for (const DigitFailure& failure : batch.failures)
    all.push_back({{"picture", failure.file}, {"error", failure.message}});
  // Replaces invalid UTF-8, because a file name may contain any bytes.
  return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string predictions_csv(const DigitBatch& batch) {
  std::string text = "picture,left,top,width,height,index,correct,digit";
  for (std::int64_t label = 0; label < batch.classes; ++label) text += fmt::format(",probability_{}", label);
  text += '\n';
  for (const PredictedDigit& digit : batch.digits) {
    text += csv_field(digit.file.empty() ? digit.name : digit.file);
    if (digit.place)
      text += fmt::format(",{},{},{},{}", digit.place->left, digit.place->top, digit.place->width,
                          digit.place->height);
    else
      text += ",,,,";
    text += fmt::format(",{},{},{}", csv_number(digit.index), csv_number(digit.label),
                        most_likely(digit.logits, 1).front().label);
    for (const double probability : softmax(digit.logits)) text += fmt::format(",{}", probability);
    text += '\n';
  }
  return text;
}

}  // namespace lenet::cli
