#include "tools/cli/evaluation_text.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

#include "engine/core/text.hpp"

namespace lenet::cli {
namespace {

constexpr int kLongestName = 16;  // columns of a class's name in a table
constexpr int kCountColumns = 6;  // columns of a number in the matrix

/// Returns the width of the first column of a table with a row per class.
int name_width(const ClassNames& names) {
  int width = 7;
  for (std::size_t label = 0; label < names.size(); ++label)
    width = std::max(width, std::min(kLongestName, columns(names.of(static_cast<std::int64_t>(label)))));
  return width;
}

/// Columns have room for labels alone: rows show the label next to the name.
std::string row_name(const ClassNames& names, std::int64_t label) {
  if (names.empty()) return fmt::to_string(label);
  return fmt::format("{} {:>2}", fitted(names.of(label), name_width(names)), label);
}

/// Returns the matrix's columns from `first` to the one before `end`.
std::string matrix_block(const Evaluation& evaluation, int name_columns, std::int64_t first,
                         std::int64_t end) {
  std::string text(static_cast<std::size_t>(name_columns), ' ');
  for (std::int64_t predicted = first; predicted < end; ++predicted)
    text += fmt::format("{:>{}}", predicted, kCountColumns);
  for (std::int64_t label = 0; label < evaluation.classes; ++label) {
    text += "\n" + fitted(row_name(evaluation.class_names, label), name_columns, Side::right);
    for (std::int64_t predicted = first; predicted < end; ++predicted) {
      const std::int64_t count = evaluation.confused(label, predicted);
      text += fmt::format("{:>{}}", count ? fmt::to_string(count) : "·", kCountColumns);
    }
  }
  return text + "\n";
}

}  // namespace

std::string evaluation_line(const Evaluation& evaluation) {
  const Metrics& metrics = evaluation.metrics;
  return fmt::format("{} on {} {} images: accuracy {:.4f} ± {:.4f} ({} correct), loss {:.5f}\n",
                     evaluation.model, with_thousands(metrics.count), evaluation.split, metrics.accuracy(),
                     evaluation.standard_error(), with_thousands(metrics.correct), metrics.loss());
}

std::string confusion_text(const Evaluation& evaluation, int width) {
  const int name_columns = std::max(7, columns(row_name(evaluation.class_names, 0)));
  const std::int64_t fitting = width == 0 ? evaluation.classes : (width - name_columns) / kCountColumns;
  const std::int64_t per_block = std::clamp<std::int64_t>(fitting, 1, evaluation.classes);
  std::string text = wrapped("Confusion: one row per label, one column per prediction\n", width, 2);
  for (std::int64_t first = 0; first < evaluation.classes; first += per_block)
    text += (first == 0 ? "" : "\n") +
            matrix_block(evaluation, name_columns, first, std::min(first + per_block, evaluation.classes));
  return text;
}

ScoresText scores_text(const Evaluation& evaluation, int width) {
  const ClassNames& names = evaluation.class_names;
  std::vector<TableRow> rows;
  for (std::int64_t label = 0; label < evaluation.classes; ++label) {
    const ClassScores scores = scores_of(evaluation, label);
    const auto number = [](double score) { return fmt::format("{:.4f}", score); };
    rows.push_back({row_name(names, label), fmt::to_string(scores.count), number(scores.precision),
                    number(scores.recall), number(scores.f1)});
  }
  // F1 follows from the two scores before it.
  const TextTable table(with_narrow_widths({{.heading = std::string(names.class_noun()),
                                             .side = names.empty() ? Side::right : Side::left,
                                             .width = 7},
                                            {.heading = "images", .side = Side::right, .rank = 2},
                                            {.heading = "precision", .side = Side::right},
                                            {.heading = "recall", .side = Side::right, .width = 7},
                                            {.heading = "F1", .side = Side::right, .width = 7, .rank = 1}},
                                           rows),
                        width);
  std::string text = table.heading();
  for (const TableRow& row : rows) text += table.row(row);
  return {.text = text, .left_out = table.left_out()};
}

TextTable comparison_table(std::span<const std::string> weights, int width) {
  int longest = 0;
  for (const std::string& file : weights) longest = std::max(longest, columns(printable(file)));
  // The images are as many in each row, and the files' names mostly have the model.
  return TextTable({{.heading = "accuracy", .width = 15, .narrow = 15},
                    {.heading = "correct", .side = Side::right, .narrow = 7, .rank = 2},
                    {.heading = "images", .side = Side::right, .width = 7, .narrow = 6, .rank = 4},
                    {.heading = "loss", .side = Side::right, .width = 9, .narrow = 7, .rank = 1},
                    {.heading = "model", .width = 9, .narrow = 9, .rank = 3},
                    {.heading = "weights", .narrow = longest}},
                   width);
}

TableRow comparison_row(const Evaluation& evaluation, const std::string& weights) {
  const Metrics& metrics = evaluation.metrics;
  return {fmt::format("{:.4f} ± {:.4f}", metrics.accuracy(), evaluation.standard_error()),
          with_thousands(metrics.correct),
          with_thousands(metrics.count),
          fmt::format("{:.5f}", metrics.loss()),
          evaluation.model,
          printable(weights)};
}

}  // namespace lenet::cli
