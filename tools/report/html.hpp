#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Pieces of HTML. Functions that take text escape it; those that take `html` do not.
namespace lenet::report {

/// Returns text that HTML shows as it is, in elements and in quoted attributes: markup is escaped, control
/// characters and bytes that are no UTF-8 are spelled out.
std::string escaped(std::string_view text);

/// Returns the escaped text, isolated from the writing direction of what is around it.
std::string isolated(std::string_view text);

std::string base64(std::string_view bytes);

/// Returns an SVG file as an element for a page with others: without its XML declaration, and with `prefix`
/// in front of its ids, which must differ between all elements of a page. `label` describes it for people
/// who do not see it.
std::string inline_svg(std::string_view svg, std::string_view prefix, std::string_view label);

struct Column {
  std::string_view name;
  bool is_number = false;  ///< aligned to the right
};

/// Table whose first column names the rows.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows = {};  ///< cells as HTML, as many as columns
};

/// Returns the table in a box that scrolls if the page is too narrow. The words of a table without numbers
/// break first.
std::string table_html(const Table& table);

}  // namespace lenet::report
