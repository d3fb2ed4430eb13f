#include "tools/cli/text_table.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace lenet::cli {
namespace {

constexpr int kColumnGap = 2;  // between columns, and before lines of their own

std::string aligned(const std::string& cell, int width, Side side) {
  const std::string room(static_cast<std::size_t>(std::max(0, width - columns(cell))), ' ');
  return side == Side::right ? room + cell : cell + room;
}

}  // namespace

TextTable::TextTable(std::vector<TableColumn> columns, int width) : terminal_(width) {
  for (TableColumn& column : columns) {
    column.narrow = std::max(column.narrow, cli::columns(column.heading));
    const int roomy = std::max(column.width, column.narrow);
    columns_.push_back({.column = std::move(column), .width = roomy});
  }
  if (terminal_ > 0) fit();
}

void TextTable::fit() {
  if (width() <= terminal_) return;
  for (Fitted& each : columns_) each.width = each.column.narrow;
  if (width() <= terminal_) return;
  last_is_below_ = columns_.size() > 1 && columns_.back().width > terminal_ / 2;
  leave_out();
  if (width() <= terminal_ || last_is_below_ || columns_.size() == 1) return;
  last_is_below_ = true;
  for (Fitted& each : columns_) each.shown = true;
  leave_out();
}

/// Leaves columns out until the others fit, or none is left that may be left out.
void TextTable::leave_out() {
  while (width() > terminal_) {
    Fitted* const least = least_needed();
    if (!least) return;
    least->shown = false;
  }
}

/// Returns the shown column of the highest rank, or null if all have rank 0.
TextTable::Fitted* TextTable::least_needed() {
  const auto rank = [](const Fitted& each) { return each.shown ? each.column.rank : 0; };
  const auto found = std::ranges::max_element(columns_, {}, rank);
  return found == columns_.end() || rank(*found) == 0 ? nullptr : &*found;
}

int TextTable::width() const {
  int width = 0;
  for (std::size_t i = 0; i + (last_is_below_ ? 1 : 0) < columns_.size(); ++i)
    if (columns_[i].shown) width += (width == 0 ? 0 : kColumnGap) + columns_[i].width;
  return width;
}

std::string TextTable::heading() const {
  TableRow headings;
  for (const Fitted& each : columns_) headings.push_back(each.column.heading);
  return row(headings);
}

std::string TextTable::row(const TableRow& cells) const {
  std::string text;
  for (std::size_t i = 0; i + (last_is_below_ ? 1 : 0) < columns_.size(); ++i) {
    if (!columns_[i].shown) continue;
    if (!text.empty()) text.append(kColumnGap, ' ');
    text += aligned(cells[i], columns_[i].width, columns_[i].column.side);
  }
  text.resize(text.find_last_not_of(' ') + 1);
  text += '\n';
  if (last_is_below_) text += wrapped(std::string(kColumnGap, ' ') + cells.back(), terminal_, kColumnGap);
  return text;
}

std::vector<std::string> TextTable::left_out() const {
  std::vector<std::string> headings;
  for (const Fitted& each : columns_)
    if (!each.shown) headings.push_back(each.column.heading);
  return headings;
}

std::string left_out_text(const std::vector<std::string>& columns) {
  return columns.empty() ? "" : fmt::format("no room for {}: widen the terminal\n", fmt::join(columns, ", "));
}

std::vector<TableColumn> with_narrow_widths(std::vector<TableColumn> columns,
                                            std::span<const TableRow> rows) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    for (const TableRow& row : rows) columns[i].narrow = std::max(columns[i].narrow, cli::columns(row[i]));
  return columns;
}

}  // namespace lenet::cli
