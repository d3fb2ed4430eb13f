#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "tests/package/programs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

namespace {

/// A program or a plugin as readelf(1) shows it.
struct Binary {
  std::string path;
  bool is_program;
  std::string text;

  bool has(const char* pattern) const { return std::regex_search(text, std::regex(pattern)); }
};

std::vector<std::string> all_plugins() {
  std::vector<std::string> plugins;
  for (const auto& entry : std::filesystem::directory_iterator(LENET_PROGRAMS))
    if (entry.path().extension() == ".so") plugins.push_back(entry.path().string());
  return plugins;
}

std::vector<Binary> binaries() {
  std::vector<Binary> found;
  const auto add = [&](const std::string& path, bool is_program) {
    const ProcessResult shown = run_process({"/usr/bin/readelf", "-W", "-h", "-l", "-d", "--dyn-syms", path},
                                            {.environment = {{"LC_ALL", "C"}}});
    REQUIRE(shown.exit_code == 0);
    found.push_back({path, is_program, shown.output});
  };
  for (const std::string& program : all_programs()) add(program, true);
  for (const std::string& plugin : all_plugins()) add(plugin, false);
  REQUIRE(found.size() >= 7);
  return found;
}

/// Returns the paths of the binaries that lack what the pattern finds.
std::vector<std::string> lacking(const std::vector<Binary>& all, const char* pattern) {
  std::vector<std::string> names;
  for (const Binary& binary : all)
    if (!binary.has(pattern)) names.push_back(binary.path);
  return names;
}

bool has_readelf() { return std::filesystem::exists("/usr/bin/readelf"); }

const std::vector<std::string> kNone;

}  // namespace

TEST_CASE("programs and plugins are loaded at random addresses", "[hardening]") {
  if (!has_readelf()) LENET_SKIP("readelf is not installed");
  const auto all = binaries();
  CHECK(lacking(all, R"(Type:\s+DYN)") == kNone);
  for (const Binary& binary : all)
    if (binary.is_program) {
      INFO(binary.path);
      CHECK(binary.has(R"(FLAGS_1\).*\bPIE\b)"));
    }
}

TEST_CASE("programs and plugins bind all functions at their start, in memory that is then read-only",
          "[hardening]") {
  if (!has_readelf()) LENET_SKIP("readelf is not installed");
  const auto all = binaries();
  CHECK(lacking(all, R"(\n\s*GNU_RELRO\s)") == kNone);
  CHECK(lacking(all, R"(FLAGS_1\).*\bNOW\b)") == kNone);
}

TEST_CASE("the stacks of programs and plugins hold no code", "[hardening]") {
  if (!has_readelf()) LENET_SKIP("readelf is not installed");
  CHECK(lacking(binaries(), R"(\n\s*GNU_STACK(\s+0x[0-9a-f]+){5}\s+RW\s)") == kNone);
}

TEST_CASE("programs and plugins notice a stack that was written over", "[hardening]") {
  if (!has_readelf()) LENET_SKIP("readelf is not installed");
  CHECK(lacking(binaries(), R"(\bUND __stack_chk_fail\b)") == kNone);
}

#ifdef LENET_FORTIFIED
// A plugin may have no use for any of them.
TEST_CASE("programs call the checked functions of the C library", "[hardening]") {
  if (!has_readelf()) LENET_SKIP("readelf is not installed");
  std::vector<Binary> programs = binaries();
  std::erase_if(programs, [](const Binary& binary) { return !binary.is_program; });
  CHECK(lacking(programs, R"(\bUND __\w+_chk@)") == kNone);
}
#endif
