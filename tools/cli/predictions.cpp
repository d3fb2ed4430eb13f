#include "tools/cli/predictions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/core/prediction.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/csv.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/half_blocks.hpp"
#include "tools/cli/name_columns.hpp"

namespace lenet::cli {
namespace {

constexpr int kLongestShownName = 20;  // columns of a name that is not cut

/// Returns the width of the widest name.
int name_width_of(const ClassNames& names, std::int64_t classes) {
  int width = 1;
  for (std::int64_t label = 0; label < classes; ++label) width = std::max(width, columns(names.of(label)));
  return width;
}

/// "right", or the correct class.
std::string verdict(const PredictedDigit& digit, std::int64_t answer, const ClassNames& names) {
  if (!digit.label) return "";
  return *digit.label == answer ? "   right" : fmt::format("   wrong: it is {}", names.of(*digit.label));
}

std::string class_text(const ClassProbability& candidate, const ClassNames& names, int width) {
  return fmt::format("   {} {:>9}", fitted(names.of(candidate.label), width),
                     percent_text(candidate.probability));
}

/// All classes in their order, as many per line as 80 columns hold, but at most five.
std::string all_classes(const PredictedDigit& digit, const ClassNames& names, int width) {
  const auto per_line = static_cast<std::size_t>(std::min(5, 80 / columns(class_text({}, names, width))));
  const std::vector<double> probabilities = softmax(digit.logits);
  std::string text;
  for (std::size_t label = 0; label < probabilities.size(); ++label) {
    const bool last = (label + 1) % per_line == 0 || label + 1 == probabilities.size();
    text += class_text({static_cast<std::int64_t>(label), probabilities[label]}, names, width);
    if (last) text += '\n';
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
  const ClassNames names = names_within(batch.class_names, kLongestShownName);
  const int name_width = name_width_of(names, batch.classes);
  int width = 0;
  for (const PredictedDigit& digit : batch.digits) width = std::max(width, columns(printable(digit.name)));
  std::string text;
  for (const PredictedDigit& digit : batch.digits) {
    const auto likeliest = most_likely(digit.logits, form.all ? 1 : kShownClasses);
    if (form.show) text += half_blocks(digit.pixels, batch.image);
    text += fitted(printable(digit.name), width);
    for (const ClassProbability& candidate : likeliest) text += class_text(candidate, names, name_width);
    text += verdict(digit, likeliest.front().label, batch.class_names) + '\n';
    if (form.all) text += all_classes(digit, names, name_width);
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
    const bool has_names = !batch.class_names.empty();
    if (digit.label) entry["correct"] = *digit.label;
    if (digit.label && has_names) entry["correct_class"] = batch.class_names.of(*digit.label);
    const std::int64_t answer = most_likely(digit.logits, 1).front().label;
    entry["digit"] = answer;
    if (has_names) entry["class"] = batch.class_names.of(answer);
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
  const ClassNames& names = batch.class_names;
  text += names.empty() ? "\n" : ",correct_class,class\n";
  for (const PredictedDigit& digit : batch.digits) {
    text += csv_field(digit.file.empty() ? digit.name : digit.file);
    if (digit.place)
      text += fmt::format(",{},{},{},{}", digit.place->left, digit.place->top, digit.place->width,
                          digit.place->height);
    else
      text += ",,,,";
    const std::int64_t answer = most_likely(digit.logits, 1).front().label;
    text += fmt::format(",{},{},{}", csv_number(digit.index), csv_number(digit.label), answer);
    for (const double probability : softmax(digit.logits)) text += fmt::format(",{}", probability);
    if (!names.empty())
      text += fmt::format(",{},{}", digit.label ? csv_field(names.of(*digit.label)) : "",
                          csv_field(names.of(answer)));
    text += '\n';
  }
  return text;
}

}  // namespace lenet::cli
