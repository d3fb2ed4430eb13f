#include "tools/cli/predictions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
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
std::string verdict(std::int64_t label, std::int64_t answer, const ClassNames& names) {
  return label == answer ? "right" : fmt::format("wrong: it is {}", names.of(label));
}

std::string class_text(const ClassProbability& candidate, const ClassNames& names, int width) {
  return fmt::format("{} {:>9}", fitted(names.of(candidate.label), width),
                     percent_text(candidate.probability));
}

/// All classes in their order, as many per line as the terminal or else 80 columns hold, but at most five.
std::string all_classes(const PredictedDigit& digit, const ClassNames& names, int width, int terminal) {
  const int fitting = (terminal == 0 ? 80 : terminal) / columns("   " + class_text({}, names, width));
  const auto per_line = static_cast<std::size_t>(std::clamp(fitting, 1, 5));
  const std::vector<double> probabilities = softmax(digit.logits);
  std::string text;
  for (std::size_t label = 0; label < probabilities.size(); ++label) {
    const bool last = (label + 1) % per_line == 0 || label + 1 == probabilities.size();
    text += "   " + class_text({static_cast<std::int64_t>(label), probabilities[label]}, names, width);
    if (last) text += '\n';
  }
  return text;
}

/// Returns a line of parts, the first of them in `width` columns where there is room, or several lines.
std::string folded_row(const std::vector<std::string>& parts, int width, int terminal) {
  const std::string joined = fmt::format("{}", fmt::join(parts, "   "));
  const std::string aligned(static_cast<std::size_t>(std::max(0, width - columns(parts.front()))), ' ');
  if (terminal == 0 || columns(joined) + std::ssize(aligned) < terminal)
    return joined.substr(0, parts.front().size()) + aligned + joined.substr(parts.front().size()) + '\n';
  return columns(joined) < terminal ? joined + '\n' : folded(parts, terminal - 1);
}

template <class Number>
std::string csv_number(const std::optional<Number>& number) {
  return number ? fmt::to_string(*number) : "";
}

}  // namespace

std::string prediction_text(const PredictedDigit& digit, const DigitBatch& batch, PredictionText form) {
  constexpr std::size_t kShownClasses = 3;
  const ClassNames names = names_within(batch.class_names, kLongestShownName);
  const int class_width = name_width_of(names, batch.classes);
  const auto likeliest = most_likely(digit.logits, form.all ? 1 : kShownClasses);
  std::vector<std::string> parts = {printable(digit.name)};
  for (const ClassProbability& candidate : likeliest)
    parts.push_back(class_text(candidate, names, class_width));
  if (digit.label) parts.push_back(verdict(*digit.label, likeliest.front().label, batch.class_names));
  return (form.show ? half_blocks(digit.pixels, batch.image) : "") +
         folded_row(parts, form.name_width, form.terminal) +
         (form.all ? all_classes(digit, names, class_width, form.terminal) : "");
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

std::string predictions_csv_titles(const DigitBatch& batch) {
  std::string text = "picture,left,top,width,height,index,correct,digit";
  for (std::int64_t label = 0; label < batch.classes; ++label) text += fmt::format(",probability_{}", label);
  return text + (batch.class_names.empty() ? "\n" : ",correct_class,class\n");
}

std::string prediction_csv(const PredictedDigit& digit, const DigitBatch& batch) {
  const ClassNames& names = batch.class_names;
  std::string text = csv_field(digit.file.empty() ? digit.name : digit.file);
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
  return text + '\n';
}

}  // namespace lenet::cli
