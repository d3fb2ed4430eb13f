#include "engine/io/metrics_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <string>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/number.hpp"

namespace lenet::io {
namespace {

constexpr std::size_t kColumns = 7;

// Limits the memory that is taken for a file named by mistake; a run of a million evaluations fits.
constexpr std::size_t kLargestFile = 256u << 20;

std::string content_of(const std::filesystem::path& path) {
  std::error_code ignored;  // reading says what is wrong
  if (std::filesystem::status(path, ignored).type() == std::filesystem::file_type::not_found)
    throw IoError(path.string() + ": no such file: is this the folder of a run?");
  return read_file(path, kLargestFile);
}

template <class Number>
bool parse(std::string_view cell, Number& number) {
  const auto parsed = parse_number<Number>(cell);
  if (parsed) number = *parsed;
  return parsed.has_value();
}

}  // namespace

std::optional<MetricsRow> parse_metrics_row(std::string_view line) {
  std::array<std::string_view, kColumns> cells;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const std::size_t comma = line.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == kColumns)) return std::nullopt;
    cells[i] = line.substr(0, comma);
    if (i + 1 < kColumns) line.remove_prefix(comma + 1);
  }
  MetricsRow row;
  if (!parse(cells[0], row.epoch) || !parse(cells[1], row.step)) return std::nullopt;
  double* const reals[] = {&row.loss, &row.accuracy, &row.val_loss, &row.val_accuracy, &row.learning_rate};
  for (std::size_t i = 0; i < std::size(reals); ++i)
    if (!parse(cells[i + 2], *reals[i]) || !std::isfinite(*reals[i])) return std::nullopt;
  return row;
}

std::vector<MetricsRow> read_metrics(const std::filesystem::path& path) {
  const std::string content = content_of(path);
  std::vector<MetricsRow> rows;
  std::string_view rest = content;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const auto fail = [&](std::string_view what) {
      throw DataError(fmt::format("{}:{}: {}", path.string(), number, what));
    };
    if (number == 1 && line != kMetricsHeader)
      fail(fmt::format("is no metrics.csv, expected '{}'", kMetricsHeader));
    if (end == std::string_view::npos) fail("the last row is cut off: was the run killed, or the disk full?");
    rest.remove_prefix(end + 1);
    if (number == 1) continue;
    const auto row = parse_metrics_row(line);
    if (!row) fail(fmt::format("expected {} finite numbers with commas between them", kColumns));
    if (!rows.empty() && row->step <= rows.back().step) fail("the step does not grow from row to row");
    rows.push_back(*row);
  }
  if (rows.empty())
    throw DataError(path.string() + ": has no rows yet: a run writes its first when an epoch is done");
  return rows;
}

const MetricsRow& best_row(const std::vector<MetricsRow>& rows) {
  return *std::ranges::min_element(rows, {}, &MetricsRow::val_loss);
}

}  // namespace lenet::io
