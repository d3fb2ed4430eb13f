#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/cli/folding.hpp"

namespace lenet::cli {

/// A column of a table in a terminal.
struct TableColumn {
  std::string heading;
  Side side = Side::left;
  int width = 0;   ///< where there is room
  int narrow = 0;  ///< where there is less: that of the widest cell
  int rank = 0;    ///< columns of a high rank are left out first, those of rank 0 never
};

using TableRow = std::vector<std::string>;  ///< one cell per column

/// The lines of a table that fits a terminal. Where it is too narrow, columns get narrower; then the last
/// one, if it would take more than half of the terminal, goes to lines of its own; then columns are left out.
class TextTable {
 public:
  /// `width`: that of the terminal; 0 if there is none.
  TextTable(std::vector<TableColumn> columns, int width);

  std::string heading() const;
  std::string row(const TableRow& cells) const;
  /// Returns the width of a row, without lines of their own.
  int width() const;
  /// Returns the headings of the columns that the terminal has no room for.
  std::vector<std::string> left_out() const;

 private:
  struct Fitted {
    TableColumn column;
    int width = 0;
    bool shown = true;
  };

  void fit();
  void leave_out();
  Fitted* least_needed();

  std::vector<Fitted> columns_;
  int terminal_;
  bool last_is_below_ = false;  ///< the last column has lines of its own
};

/// Returns the line about columns that the terminal has no room for; empty if there are none.
std::string left_out_text(const std::vector<std::string>& columns);

/// Sets the narrow width of each column to that of its widest cell.
std::vector<TableColumn> with_narrow_widths(std::vector<TableColumn> columns, std::span<const TableRow> rows);

}  // namespace lenet::cli
