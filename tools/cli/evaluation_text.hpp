#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/cli/evaluation.hpp"
#include "tools/cli/text_table.hpp"

/// Evaluations as text. `width` is that of the terminal; 0 if there is none.
namespace lenet::cli {

/// Returns accuracy and loss in one line.
std::string evaluation_line(const Evaluation& evaluation);

/// Returns the confusion matrix: where the terminal is too narrow, in several blocks of columns.
std::string confusion_text(const Evaluation& evaluation, int width);

/// The scores of each class, and the columns that the terminal has no room for.
struct ScoresText {
  std::string text;
  std::vector<std::string> left_out;
};

ScoresText scores_text(const Evaluation& evaluation, int width);

/// Return the table of several evaluations, whose rows are printed one by one, and a row of it. `weights`
/// name the files.
TextTable comparison_table(std::span<const std::string> weights, int width);
TableRow comparison_row(const Evaluation& evaluation, const std::string& weights);

}  // namespace lenet::cli
