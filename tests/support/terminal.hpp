#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/text.hpp"
#include "tests/support/process.hpp"
#include "tools/cli/folding.hpp"

namespace lenet {

/// The program that makes a terminal.
inline constexpr const char* kTerminalMaker = "/usr/bin/script";

inline bool has_terminals() { return std::filesystem::exists(kTerminalMaker); }

/// Runs a program with both its outputs on a terminal of so many columns.
inline ProcessResult run_in_terminal(const std::vector<std::string>& command, int columns,
                                     const ProcessOptions& options) {
  std::string line = "stty cols " + std::to_string(columns) + "; exec";
  for (const std::string& part : command) line += " '" + part + "'";
  return run_process({kTerminalMaker, "-qec", line, "/dev/null"}, options);
}

/// Returns the lines that a terminal showed, also those that were drawn over.
inline std::vector<std::string> shown_lines(std::string_view output) {
  std::string text;
  for (std::size_t at = 0; at < output.size();) {
    if (output.substr(at).starts_with("\033[K")) {
      at += 3;
      continue;
    }
    text += output[at] == '\r' ? '\n' : output[at];
    ++at;
  }
  std::vector<std::string> lines;
  for (const std::string_view line : lines_of(text)) lines.emplace_back(line);
  return lines;
}

/// Returns whether a line is wider than a terminal although it could be folded: it is no command to be copied
/// below its purpose, and no single word, with or without a label before it.
inline bool could_be_folded(std::string_view line, int width) {
  if (cli::columns(line) <= width || line.starts_with("  lenet_")) return false;
  int widest = 0;
  int others = 0;
  for (const std::string_view word : words_of(line)) {
    const int columns = cli::columns(word);
    others += columns > widest ? widest : columns;
    widest = std::max(widest, columns);
  }
  constexpr int kLabel = 10;
  return widest + 2 < width || others > kLabel;
}

}  // namespace lenet
