// Links of the project's pages, as GitHub resolves them: a path relative to the page, and the anchor of a
// heading.
#include <cctype>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = LENET_SOURCE_DIR;

/// Returns the lines of a page without its code blocks, indented ones included.
std::vector<std::string> prose_of(const std::string& page) {
  std::vector<std::string> lines;
  std::istringstream in(page);
  bool fenced = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```"))
      fenced = !fenced;
    else if (!fenced && !line.starts_with("    "))
      lines.push_back(line);
  }
  return lines;
}

/// Returns the targets of the links and pictures of a page.
std::vector<std::string> links_in(const std::string& page) {
  static const std::regex code("`[^`]*`"), link("\\]\\(([^)]*)\\)");
  std::vector<std::string> links;
  for (const std::string& line : prose_of(page)) {
    const std::string text = std::regex_replace(line, code, "code");
    for (std::sregex_iterator each(text.begin(), text.end(), link), end; each != end; ++each)
      links.push_back((*each)[1]);
  }
  return links;
}

/// Returns the anchors of a page's headings: lower-case words with hyphens, and a number where one repeats.
std::set<std::string> anchors_in(const std::string& page) {
  static const std::regex heading("#{1,6} +(.*)");
  std::set<std::string> anchors;
  std::map<std::string, int> seen;
  for (const std::string& line : prose_of(page)) {
    std::smatch found;
    if (!std::regex_match(line, found, heading)) continue;
    std::string anchor;
    for (const char c : found[1].str()) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80 || std::isalnum(byte) || c == '-' || c == '_')
        anchor += static_cast<char>(std::tolower(byte));
      else if (c == ' ')
        anchor += '-';
    }
    const int earlier = seen[anchor]++;
    anchors.insert(earlier == 0 ? anchor : anchor + "-" + std::to_string(earlier));
  }
  return anchors;
}

/// Returns why a link of a page leads nowhere; empty if it leads somewhere, or to another site.
std::string fault_of(const fs::path& page, const std::string& text, const std::string& link) {
  if (link.starts_with("http://") || link.starts_with("https://")) return "";
  const std::size_t hash = link.find('#');
  const fs::path file = hash == 0 ? page : page.parent_path() / link.substr(0, hash);
  if (!fs::exists(file)) return "no file " + file.string();
  if (hash == std::string::npos) return "";
  const auto anchors = anchors_in(hash == 0 ? text : lenet::read_all(file));
  return anchors.contains(link.substr(hash + 1)) ? "" : "no heading with the anchor of " + link;
}

}  // namespace

TEST_CASE("every link of the project's pages leads to a file and to one of its headings", "[readme]") {
  std::size_t seen = 0;
  for (const char* name : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tools/readme/gpu.md",
                           "tools/bundle/README.md", "tools/gpu_check/gpu_report.md"}) {
    const fs::path page = kRoot / name;
    const std::string text = lenet::read_all(page);
    for (const std::string& link : links_in(text)) {
      INFO(name << ": " << link);
      CHECK(fault_of(page, text, link) == "");
      ++seen;
    }
  }
  CHECK(seen >= 15);
}

TEST_CASE("links that lead nowhere are found", "[readme]") {
  const fs::path page = kRoot / "README.md";
  const std::string text =
      "# A title\n## What `it` does, and *why*\n[code `](x)`](#a-title)\n    [no link](nowhere)\n"
      "```\n# no heading\n[no link](nowhere)\n```\n## Twice\n## Twice\n![a](tools) "
      "[b](https://example.org/x)\n";
  CHECK(links_in(text) == std::vector<std::string>{"#a-title", "tools", "https://example.org/x"});
  CHECK(anchors_in(text) == std::set<std::string>{"a-title", "what-it-does-and-why", "twice", "twice-1"});
  for (const char* good : {"#a-title", "#twice-1", "tools", "CONTRIBUTING.md", "CONTRIBUTING.md#commits"})
    CHECK(fault_of(page, text, good) == "");
  for (const char* bad : {"#no-heading", "#twice-2", "nowhere", "CONTRIBUTING.md#nowhere"})
    CHECK(fault_of(page, text, bad) != "");
}
