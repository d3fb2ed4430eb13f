#include "tools/cli/program.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <string_view>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"

namespace lenet::cli {
namespace {

int fail(const char* name, const char* what, int exit_code) {
  std::cout.flush();
  std::cerr << name << ": " << printable(what) << '\n';
  return exit_code;
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

}  // namespace

int run_program(const char* name, int (*body)(int, const char* const*), Manual (*manual)(), int argc,
                char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that would become too large is an error of its write()
  end_on_signals_as_process_one();
  set_warning_handler(
      [name](const std::string& line) { std::cerr << name << ": " << printable(line) << '\n'; });
  try {
    const int exit_code = answered_build(manual, argc, argv) ? 0 : body(argc, argv);
    std::cout.flush();
    if (!std::cout && exit_code == 0)
      return fail(name, "standard output cannot be written: is the disk full?", 1);
    return exit_code;
  } catch (const UsageError& error) {
    return fail(name, error.what(), 2);
  } catch (const std::bad_alloc&) {
    return fail(name, "out of memory", 1);
  } catch (const std::exception& error) {
    return fail(name, error.what(), 1);
  }
}

}  // namespace lenet::cli
