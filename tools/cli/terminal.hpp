#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text that fits the terminal, if there is one.
namespace lenet::cli {

/// Return the number of columns of the terminal at standard output or standard error; 0 if it is not a
/// terminal.
int output_columns();
int error_columns();

/// Returns the width of the terminal at standard output; 80 if it is not a terminal.
int terminal_width();

/// Returns lines for standard output: those that do not fit its terminal are folded at blanks, and what
/// follows is indented.
std::string for_output(std::string_view text, int indent = 2);
/// Returns lines for standard error in the same way.
std::string for_errors(std::string_view text, int indent = 2);

/// Says on standard error which columns of a table the terminal has no room for; nothing if there are none.
void tell_left_out(const std::vector<std::string>& columns);

}  // namespace lenet::cli
