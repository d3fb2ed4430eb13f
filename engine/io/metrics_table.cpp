#include "engine/io/metrics_table.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/number.hpp"
#include "engine/core/warning.hpp"

namespace lenet::io {
namespace {

constexpr std::size_t kColumns = 8;
constexpr std::size_t kEarlierColumns = 7;

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

/// Returns the cells of a line; none unless there are exactly `columns`.
std::vector<std::string_view> cells_of(std::string_view line, std::size_t columns) {
  std::vector<std::string_view> cells;
  for (std::size_t comma = 0; comma != line.npos && cells.size() <= columns;) {
    comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma != line.npos) line.remove_prefix(comma + 1);
  }
  if (cells.size() != columns) cells.clear();
  return cells;
}

bool parse_finite(std::string_view cell, double& number) {
  return parse(cell, number) && std::isfinite(number);
}

// Earlier versions wrote the epochs begun, and evaluated runs counted in steps every 1,000 steps. Where the
// epochs do not grow as the steps do, or 1,000 steps are no epoch, a run was counted in steps.
void mark_earlier_steps(std::vector<MetricsRow>& rows) {
  constexpr std::int64_t kInterval = 1000;
  const MetricsRow& first = rows.front();
  const bool by_epochs = std::ranges::all_of(rows, [&](const MetricsRow& row) {
    return row.epoch * static_cast<double>(first.step) == first.epoch * static_cast<double>(row.step);
  });
  if (by_epochs && (first.step != kInterval || first.epoch == 1)) return;
  for (MetricsRow& row : rows) {
    row.by_steps = true;
    row.epoch = MetricsRow::kUnknown;
  }
}

}  // namespace

std::string epoch_text(double epoch, bool by_steps) {
  return by_steps ? fmt::format("{:.6f}", epoch) : fmt::format("{}", epoch);
}

std::optional<MetricsRow> parse_metrics_row(std::string_view line, bool is_earlier) {
  const auto cells = cells_of(line, is_earlier ? kEarlierColumns : kColumns);
  if (cells.empty()) return std::nullopt;
  MetricsRow row;
  if (!parse_finite(cells[0], row.epoch) || !parse(cells[1], row.step)) return std::nullopt;
  if (!parse_finite(cells[2], row.loss) || !parse_finite(cells[3], row.accuracy)) return std::nullopt;
  const bool no_validation = cells[4].empty() && cells[5].empty() && !is_earlier;
  if (!no_validation && (!parse_finite(cells[4], row.val_loss) || !parse_finite(cells[5], row.val_accuracy)))
    return std::nullopt;
  if (!parse_finite(cells[6], row.learning_rate)) return std::nullopt;
  if (!is_earlier && !cells[7].empty() && !parse_finite(cells[7], row.seconds)) return std::nullopt;
  row.by_steps = cells[0].find('.') != cells[0].npos;
  if (is_earlier && row.by_steps) return std::nullopt;
  return row;
}

std::vector<MetricsRow> read_metrics_so_far(const std::filesystem::path& path) {
  const std::string content = content_of(path);
  std::vector<MetricsRow> rows;
  std::string_view rest = content;
  const bool is_earlier = rest.substr(0, rest.find('\n')) == kEarlierMetricsHeader;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const auto fail = [&](std::string_view what) {
      throw DataError(fmt::format("{}:{}: {}", path.string(), number, what));
    };
    if (number == 1 && !is_earlier && line != kMetricsHeader)
      fail(fmt::format("is no metrics.csv, expected '{}'", kMetricsHeader));
    if (end == std::string_view::npos) {  // the run was killed in the middle of a write, or is writing
      if (!rows.empty())
        warn(fmt::format("{}:{}: leaving out the row, which is cut off", path.string(), number));
      break;
    }
    rest.remove_prefix(end + 1);
    if (number == 1) continue;
    const auto row = parse_metrics_row(line, is_earlier);
    if (!row)
      fail(fmt::format("expected {} finite numbers with commas between them",
                       is_earlier ? kEarlierColumns : kColumns));
    if (!rows.empty() && row->step <= rows.back().step) fail("the step does not grow from row to row");
    if (!rows.empty() && row->has_validation() != rows.back().has_validation())
      fail("some rows have validation figures, others none");
    rows.push_back(*row);
  }
  if (is_earlier && !rows.empty()) mark_earlier_steps(rows);
  return rows;
}

std::vector<MetricsRow> read_metrics(const std::filesystem::path& path) {
  std::vector<MetricsRow> rows = read_metrics_so_far(path);
  if (rows.empty())
    throw DataError(path.string() + ": has no rows yet: a run writes its first at its first evaluation");
  return rows;
}

const MetricsRow& best_row(const std::vector<MetricsRow>& rows) {
  if (!rows.back().has_validation()) return rows.back();
  return *std::ranges::min_element(rows, {}, &MetricsRow::val_loss);
}

}  // namespace lenet::io
