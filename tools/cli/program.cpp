#include "tools/cli/program.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <new>
#include <string>
#include <string_view>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "tools/cli/signals.hpp"
#include "tools/cli/standard_streams.hpp"

namespace lenet::cli {
namespace {

// The exit code that shells show for a program that SIGPIPE ended.
constexpr int kClosedPipe = 128 + SIGPIPE;

// Values in messages are cut where the message is made; this holds for those that were forgotten.
constexpr std::size_t kLongestLine = 1000;

void show(const char* name, std::string_view line) {
  std::cerr << fmt::format("{}: {}\n", name, shortened(printable(line), kLongestLine)) << std::flush;
}

/// Prints what the build asks a program for, if this is such a command line.
bool answered_build(Manual (*manual)(), int argc, char** argv) {
  const std::string_view question = argc > 1 ? argv[1] : "";
  if (argc == 3 && question == "--completion")
    std::cout << completion_script(manual(), argv[2]);
  else if (argc == 2 && question == "--man")
    std::cout << manual_page(manual());
  else
    return false;
  return true;
}

/// Returns the exit code of a program that ended with this one, and whose output failed with this errno
/// value.
int exit_code_with_output(const char* name, int exit_code, int output_error) {
  if (output_error == 0 || exit_code != 0) return exit_code;
  if (output_error == EPIPE)
    return kClosedPipe;  // the parent ignores SIGPIPE: it would have ended the program
  show(name, fmt::format("standard output cannot be written: {}", std::strerror(output_error)));
  return 1;
}

}  // namespace

int run_program(const char* name, int (*body)(int, const char* const*), Manual (*manual)(), int argc,
                char** argv) {
  StandardStreams streams;
  std::signal(SIGXFSZ, SIG_IGN);  // a file that would become too large is an error of its write()
  end_on_signals_as_process_one();
  set_warning_handler([name](const std::string& line) { show(name, line); });
  try {
    const int exit_code = answered_build(manual, argc, argv) ? 0 : body(argc, argv);
    return exit_code_with_output(name, exit_code, streams.flush());
  } catch (const UsageError& error) {
    streams.flush();
    show(name, error.what());
    return 2;
  } catch (const std::bad_alloc&) {
    std::cerr << name << ": out of memory\n";  // makes no text, which would need some
  } catch (const std::filesystem::filesystem_error& error) {
    streams.flush();
    show(name, fmt::format("{}: {}", error.path1().string(), error.code().message()));
  } catch (const std::exception& error) {
    streams.flush();
    show(name, error.what());
  }
  return 1;
}

}  // namespace lenet::cli
