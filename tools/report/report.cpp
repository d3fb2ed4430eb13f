#include "tools/report/report.hpp"

#include <array>
#include <fmt/format.h>

#include "tools/cli/version.hpp"
#include "tools/report/html.hpp"
#include "tools/report/sections.hpp"
#include "tools/report/style.hpp"

namespace lenet::report {
namespace {

std::string day_text(std::time_t time) {
  std::tm parts{};
  std::array<char, 20> text{};
  if (!::localtime_r(&time, &parts) || std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts) == 0)
    return "";
  return text.data();
}

std::string header_html(const Report& report, bool has_tutorial) {
  std::string links = "<li><a href=\"#results\">Results</a></li>\n";
  if (has_tutorial) links += "<li><a href=\"#tutorial\">Compared with the tutorial</a></li>\n";
  links += "<li><a href=\"#curves\">Curves</a></li>\n";
  for (std::size_t i = 0; i < report.runs.size(); ++i)
    links += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id_of_run(i), isolated(report.runs[i].name));
  return fmt::format(
      "<header>\n<h1>{}</h1>\n<p class=\"byline\">{}{}</p>\n<nav "
      "aria-label=\"Contents\"><ul>\n{}</ul></nav>\n"
      "</header>\n",
      isolated(report.title), report.author.empty() ? "" : isolated(report.author) + ", ",
      day_text(report.made), links);
}

/// Returns the head. Its policy lets the page load nothing and run nothing, whatever is in it.
std::string head_html(const Report& report) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n",
      escaped(report.title), kStyle);
}

}  // namespace

std::string report_html(const Report& report) {
  const std::string tutorial = tutorial_section(report);
  std::string html = head_html(report) + "<body>\n" + header_html(report, !tutorial.empty()) + "<main>\n" +
                     summary_section(report) + tutorial + curves_section(report);
  for (std::size_t i = 0; i < report.runs.size(); ++i) html += run_section(report.runs[i], i);
  return html + fmt::format(
                    "</main>\n<footer><p class=\"note\">Made by lenet_report, {}.</p></footer>\n"
                    "</body>\n</html>\n",
                    escaped(cli::version_text()));
}

}  // namespace lenet::report
