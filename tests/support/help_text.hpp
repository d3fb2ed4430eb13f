#pragma once

#include <regex>
#include <set>
#include <string>

/// Returns every "--flag" at the head of a line of help; of "--[no-]flag", both forms.
inline std::set<std::string> flags_in_help(const std::string& help) {
  static const std::regex kFlag(R"(\n  (?:-\w, ?)?--(\[no-\])?([a-z-]+))");
  std::set<std::string> flags;
  for (auto found = std::sregex_iterator(help.begin(), help.end(), kFlag); found != std::sregex_iterator();
       ++found) {
    flags.insert("--" + (*found)[2].str());
    if ((*found)[1].matched) flags.insert("--no-" + (*found)[2].str());
  }
  return flags;
}
