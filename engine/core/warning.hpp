#pragma once

#include <functional>
#include <string>

namespace lenet {

/// Shows the user a line about something that does not stop the program. Safe to call from any thread.
void warn(const std::string& line);

using WarningHandler = std::function<void(const std::string& line)>;

/// Sets the function that shows the lines, and returns the one before. At first, standard error shows them.
WarningHandler set_warning_handler(WarningHandler handler);

}  // namespace lenet
