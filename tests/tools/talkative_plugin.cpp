// A library that prints to standard output when it is loaded: by its number, and into a buffer that is
// written when the program ends.
#include <cstdio>
#include <unistd.h>

namespace {

[[maybe_unused]] const auto written = write(STDOUT_FILENO, "a library speaks\n", 17);
[[maybe_unused]] const auto buffered = std::printf("a library speaks later\n");

}  // namespace
