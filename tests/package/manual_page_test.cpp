// The manual pages that programs write with --man: complete, and without complaints of the programs that show
// them.
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include "tests/package/programs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/help_text.hpp"
#include "tests/support/process.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

/// Returns what the formatted page reads: without font changes and escapes.
std::string plain(const std::string& page) {
  return std::regex_replace(std::regex_replace(page, std::regex(R"(\\f[BIR])"), ""), std::regex(R"(\\-)"),
                            "-");
}

std::string page_of(const std::string& program) {
  const ProcessResult result = run_process({program, "--man"});
  REQUIRE(result.exit_code == 0);
  CHECK(result.errors.empty());
  return result.output;
}

bool can_run(const std::string& command) {
  return run_process({"/bin/sh", "-c", "command -v " + command}).exit_code == 0;
}

/// Writes all pages into a folder and expects a command that checks them, "… FILE", to print nothing.
void check_pages_with(const std::string& command) {
  const TemporaryFolder folder;
  for (const std::string& program : all_programs()) {
    const std::string file = std::filesystem::path(program).filename().string() + ".1";
    std::ofstream(folder / file) << page_of(program);
    const ProcessResult result =
        run_process({"/bin/sh", "-c", command + " " + file + " >shown"},
                    {.folder = folder.path(), .environment = {{"LC_ALL", "C.UTF-8"}}});
    INFO(file << ": " << lenet::read_all(folder / "shown"));
    CHECK(result.errors.empty());
    CHECK(result.exit_code == 0);
  }
}

}  // namespace

TEST_CASE("a manual page describes every option that help lists", "[package]") {
  for (const std::string& program : all_programs()) {
    const std::string page = plain(page_of(program));
    const auto flags = flags_in_help(run_process({program, "--help"}).output);
    CHECK(flags.size() >= 2);
    for (const std::string& flag : flags) {
      INFO(program << " " << flag);
      CHECK(std::regex_search(page, std::regex("(^|\n|, )" + flag + "( |,|\n)")));
    }
  }
}

TEST_CASE("lenet_data's manual page describes the options of all commands", "[package]") {
  const std::string data = std::string(LENET_PROGRAMS) + "/lenet_data";
  const std::string page = plain(page_of(data));
  for (const char* command : {"fetch", "verify", "synthesize", "info"}) {
    CHECK_THAT(page, contains(std::string(".SS ") + command + "\n"));
    for (const std::string& flag : flags_in_help(run_process({data, command, "--help"}).output))
      CHECK_THAT(page, contains(flag));
  }
}

TEST_CASE("mandoc has nothing to warn of in the manual pages", "[package]") {
  if (!can_run("mandoc")) LENET_SKIP("mandoc is not installed");
  check_pages_with("mandoc -T lint -W warning,stop");
}

TEST_CASE("man has nothing to warn of in the manual pages", "[package]") {
  if (!can_run("man") || !can_run("groff")) LENET_SKIP("man and groff are not installed");
  check_pages_with("man --warnings -l");
}
