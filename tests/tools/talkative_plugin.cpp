// A library that prints to standard output, by its number, when it is loaded.
#include <unistd.h>

namespace {

[[maybe_unused]] const auto written = write(STDOUT_FILENO, "a library speaks\n", 17);

}  // namespace
