#include "tools/cli/terminal.hpp"

#include <algorithm>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/cli/folding.hpp"
#include "tools/cli/standard_streams.hpp"
#include "tools/cli/text_table.hpp"

namespace lenet::cli {
namespace {

constexpr int kUsualColumns = 80;

int columns_at(int descriptor) {
  if (!::isatty(descriptor)) return 0;
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsualColumns;
}

// Leaves one column free, because some terminals wrap a line of their full width.
std::string folded_at(int columns, std::string_view text, int indent) {
  return wrapped(text, columns == 0 ? 0 : std::max(1, columns - 1), indent);
}

}  // namespace

int output_columns() { return columns_at(output_descriptor()); }

int error_columns() { return columns_at(STDERR_FILENO); }

int terminal_width() {
  const int found = output_columns();
  return found == 0 ? kUsualColumns : found;
}

std::string for_output(std::string_view text, int indent) {
  return folded_at(output_columns(), text, indent);
}

std::string for_errors(std::string_view text, int indent) { return folded_at(error_columns(), text, indent); }

void tell_left_out(const std::vector<std::string>& columns) {
  std::cerr << for_errors(left_out_text(columns));
}

}  // namespace lenet::cli
