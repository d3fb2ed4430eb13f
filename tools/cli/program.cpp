#include "tools/cli/program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "tools/cli/signals.hpp"
#include "tools/cli/standard_streams.hpp"
#include "tools/cli/terminal.hpp"

namespace lenet::cli {
namespace {

// The exit code that shells show for a program that SIGPIPE ended.
constexpr int kClosedPipe = 128 + SIGPIPE;

// Values in messages are cut where the message is made; paths, which may be of any length, are cut here. What
// went wrong is behind them.
constexpr std::size_t kLongestLine = 1000;

/// Returns the text, or its beginning, "…" and its end if it has more than `bytes` bytes.
std::string shortened_within(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  const auto is_inside_letter = [&](std::size_t at) { return (text[at] & 0xc0) == 0x80; };
  std::size_t head = bytes / 2;
  std::size_t tail = text.size() - bytes / 2;
  while (head > 0 && is_inside_letter(head)) --head;
  while (tail < text.size() && is_inside_letter(tail)) ++tail;
  return std::string(text.substr(0, head)) + "…" + std::string(text.substr(tail));
}

void show(const char* name, std::string_view line) {
  std::cerr << for_errors(fmt::format("{}: {}\n", name, shortened_within(printable(line), kLongestLine)))
            << std::flush;
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

const char* program_name = "";
std::terminate_handler default_end = nullptr;

/// Ends a program in which memory ran out where no exception can pass, as in some functions of libraries.
/// Allocates nothing.
[[noreturn]] void end_without_memory() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    for (const std::string_view part :
         {std::string_view(program_name), std::string_view(": out of memory\n")})
      if (::write(STDERR_FILENO, part.data(), part.size()) < 0) break;
    ::_exit(1);
  } catch (...) {  // the default shows what it is
  }
  default_end();
  std::abort();
}

/// Runs a program and prints what it throws.
int run_with_streams(const char* name, int (*body)(int, const char* const*), Manual (*manual)(), int argc,
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

}  // namespace

int run_program(const char* name, int (*body)(int, const char* const*), Manual (*manual)(), int argc,
                char** argv) {
  program_name = name;
  default_end = std::set_terminate(end_without_memory);
  try {
    return run_with_streams(name, body, manual, argc, argv);
  } catch (const std::bad_alloc&) {  // before the body, or while an error was printed
    std::cerr << name << ": out of memory\n";
    return 1;
  }
}

}  // namespace lenet::cli
