#include "tools/report/html.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>

#include "engine/core/text.hpp"

namespace lenet::report {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string row_html(const Table& table, const std::vector<std::string>& cells) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const char* const align = table.columns[i].is_number ? " class=\"number\"" : "";
    html += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", align, cells[i])
                   : fmt::format("<td{}>{}</td>", align, cells[i]);
  }
  return html + "</tr>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string html;
  for (const char letter : printable(text)) {
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += letter;
    }
  }
  return html;
}

std::string isolated(std::string_view text) { return fmt::format("<bdi>{}</bdi>", escaped(text)); }

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += j <= group.size() ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string inline_svg(std::string_view svg, std::string_view prefix, std::string_view label) {
  std::string element(svg.substr(svg.find("<svg")));
  // cairo refers to its ids as href="#glyph-0-1" and url(#clip-0).
  element = replaced(std::move(element), " id=\"", fmt::format(" id=\"{}-", prefix));
  element = replaced(std::move(element), "href=\"#", fmt::format("href=\"#{}-", prefix));
  element = replaced(std::move(element), "url(#", fmt::format("url(#{}-", prefix));
  return fmt::format("<svg role=\"img\" aria-label=\"{}\"{}", escaped(label), element.substr(4));
}

std::string table_html(const Table& table) {
  const bool is_text = std::ranges::none_of(table.columns, &Column::is_number);
  std::string html =
      fmt::format("<div class=\"scroll\"><table{}>\n<thead><tr>", is_text ? " class=\"text\"" : "");
  for (const Column& column : table.columns)
    html += fmt::format("<th scope=\"col\"{}>{}</th>", column.is_number ? " class=\"number\"" : "",
                        escaped(column.name));
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& cells : table.rows) html += row_html(table, cells);
  return html + "</tbody>\n</table></div>\n";
}

}  // namespace lenet::report
