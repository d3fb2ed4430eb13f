#include "tools/cli/program.hpp"

#include <exception>
#include <iostream>
#include <new>
#include <string_view>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"

namespace lenet::cli {
namespace {

int fail(const char* name, const char* what, int exit_code) {
  std::cout.flush();
  std::cerr << name << ": " << printable(what) << '\n';
  return exit_code;
}

}  // namespace

int run_program(const char* name, int (*body)(int, const char* const*), int argc, char** argv) {
  try {
    if (argc == 3 && std::string_view(argv[1]) == "--completion") {
      std::cout << completion_script(name, argv[2]);
      return 0;
    }
    const int exit_code = body(argc, argv);
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
