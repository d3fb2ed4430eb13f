// The version that programs print: that of the change log, and the commit that was built.
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/package/programs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;

bool has_git() { return run_process({"/bin/sh", "-c", "command -v git"}).exit_code == 0; }

/// A project of two files, and the version that the build would write for it.
struct Project {
  Project() {
    fs::create_directory(source);
    write("CHANGELOG.md", "# Changes\n\n## Unreleased\n\n## 1.2.3 - 2026-10-31\n\n## 1.2.2 - 2026-10-30\n");
    write("template", "@VERSION@ of @RELEASE_DAY@, @COMMIT@");
  }
  void write(const char* name, const std::string& text) const { std::ofstream(source / name) << text; }
  void git(const std::string& arguments) const {
    const ProcessResult result = run_process(
        {"/bin/sh", "-c", "git -c user.name=Tester -c user.email=tester@example.org " + arguments},
        {.folder = source});
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
  }
  ProcessResult write_version(const fs::path& from) const {
    return run_process({LENET_CMAKE, "-D", "SOURCE=" + from.string(), "-D",
                        "TEMPLATE=" + (source / "template").string(), "-D", "OUT=" + out.string(), "-P",
                        std::string(LENET_SOURCE_DIR) + "/cmake/write_version.cmake"});
  }
  std::string version() const {
    const ProcessResult result = write_version(source);
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    return written();
  }
  std::string written() const {
    std::string text = lenet::read_all(out);
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }

  TemporaryFolder folder;
  fs::path source = folder / "project";
  fs::path out = folder / "version.cpp";
};

bool names_commit(const std::string& version, const std::string& ending) {
  return std::regex_match(version, std::regex("1\\.2\\.3 of 2026-10-31, [0-9a-f]{12}" + ending));
}

}  // namespace

TEST_CASE("every program prints the version of the change log, and its commit", "[package]") {
  const std::string changes = lenet::read_all(std::string(LENET_SOURCE_DIR) + "/CHANGELOG.md");
  std::smatch release;
  REQUIRE(std::regex_search(changes, release, std::regex("\n## ([0-9]+\\.[0-9]+\\.[0-9]+) - ")));
  const std::regex line("lenet ([0-9.]+) \\(commit ([0-9a-f]{12}(-dirty)?|unknown)\\)\n");
  const std::string first = run_process({all_programs().front(), "--version"}).output;
  std::smatch parts;
  REQUIRE(std::regex_match(first, parts, line));
  CHECK(parts[1] == release[1]);
  for (const std::string& program : all_programs()) {
    INFO(program);
    CHECK(run_process({program, "--version"}).output == first);
  }
}

TEST_CASE_METHOD(Project, "a source archive's version says that its commit is unknown", "[package]") {
  CHECK(version() == "1.2.3 of 2026-10-31, unknown");
  if (!has_git()) LENET_SKIP("git is not installed");
  // Unpacked inside another project's repository, it does not take that one's commit.
  fs::create_directory(source / "vendor");
  write("vendor/CHANGELOG.md", lenet::read_all(source / "CHANGELOG.md"));
  git("init -q .");
  git("add .");
  git("commit -q -m First");
  CHECK(write_version(source / "vendor").exit_code == 0);
  CHECK(written() == "1.2.3 of 2026-10-31, unknown");
}

TEST_CASE_METHOD(Project, "the version follows the repository, and its file changes only with it",
                 "[package]") {
  if (!has_git()) LENET_SKIP("git is not installed");
  git("init -q .");
  CHECK(version() == "1.2.3 of 2026-10-31, unknown");  // there is no commit yet
  git("add .");
  git("commit -q -m First");
  const std::string first = version();
  CHECK(names_commit(first, ""));

  const fs::file_time_type written = fs::last_write_time(out) - std::chrono::hours(1);
  fs::last_write_time(out, written);
  CHECK(version() == first);
  CHECK(fs::last_write_time(out) == written);

  write("CHANGELOG.md", lenet::read_all(source / "CHANGELOG.md") + "\n");
  CHECK(version() == first + "-dirty");
  git("commit -q -a -m Second");
  const std::string second = version();
  CHECK(names_commit(second, ""));
  CHECK(second != first);
  write("untracked", "notes");
  CHECK(version() == second);
}

TEST_CASE_METHOD(Project, "a release in the change log has a version and a day", "[package]") {
  write("CHANGELOG.md", "# Changes\n\n## 1.2.3\n");
  const ProcessResult result = write_version(source);
  CHECK(result.exit_code != 0);
  CHECK_THAT(result.errors, contains("its newest release is '## 1.2.3', expected '## 1.2.3 -"));
}
