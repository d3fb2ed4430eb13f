#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

namespace fs = std::filesystem;

constexpr const char* kStrace = "/usr/bin/strace";
// System calls that change a file system; of the opens, those for writing.
constexpr const char* kWriting =
    "trace=open,openat,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir,"
    "link,"
    "linkat,symlink,symlinkat,truncate,chmod,fchmodat,chown,lchown,fchownat,setxattr,lsetxattr";

/// Folders of a user, and the programs run in one of them under strace.
struct TracedRuns : ToolRuns {
  TracedRuns() {
    for (const char* name : {"work", "given", "home", "tmp"}) fs::create_directory(folder / name);
    options = {.folder = folder / "work",
               .environment = {{"HOME", (folder / "home").string()},
                               {"TMPDIR", (folder / "tmp").string()},
                               {"XDG_CACHE_HOME", ""}}};
  }

  static bool can_trace() {
#ifdef __SANITIZE_ADDRESS__
    return false;  // the search for leaks traces the program itself
#endif
    return fs::exists(kStrace) && run_process({kStrace, "-o", "/dev/null", "/bin/true"}).exit_code == 0;
  }

  /// Runs a program. Returns the folders of `folder` in which it wrote, "home" or "given", and the whole
  /// paths outside it.
  std::set<std::string> written_by(const std::vector<std::string>& command) {
    const fs::path trace = folder / "trace";
    std::vector<std::string> all = {kStrace, "-f", "-y",     "-z", "-s",
                                    "4096",  "-e", kWriting, "-o", trace.string()};
    all.insert(all.end(), command.begin(), command.end());
    last = run_process(all, options);
    std::set<std::string> places;
    std::istringstream lines(read_all(trace));
    for (std::string line; std::getline(lines, line);)
      for (const fs::path& path : paths_in(line))
        if (!is_cache_of_fonts(path)) places.insert(place_of(path));
    return places;
  }

  ProcessResult last;

 private:
  std::vector<fs::path> paths_in(const std::string& line) const {
    static const std::regex opens(R"(\b(open|openat)\()");
    static const std::regex for_writing(R"(\bO_(WRONLY|RDWR|CREAT|TRUNC)\b)");
    static const std::regex path_argument(R"re((?:<([^>]*)>, )?"((?:[^"\\]|\\.)*)")re");
    if (std::regex_search(line, opens) && !std::regex_search(line, for_writing)) return {};
    std::vector<fs::path> paths;
    for (std::sregex_iterator at(line.begin(), line.end(), path_argument), end; at != end; ++at) {
      const fs::path base = (*at)[1].matched ? fs::path((*at)[1].str()) : options.folder;
      paths.push_back((base / (*at)[2].str()).lexically_normal());
    }
    return paths;
  }
  // The library that finds fonts keeps a cache of its own, for all programs of a user.
  static bool is_cache_of_fonts(const fs::path& path) {
    return path.string().find("/fontconfig") != std::string::npos;
  }
  std::string place_of(const fs::path& path) const {
    const fs::path inside = path.lexically_relative(fs::canonical(folder.path()));
    if (inside.empty() || *inside.begin() == "..") return path.string();
    return *inside.begin() == "work" ? (fs::path("work") / *std::next(inside.begin())).string()
                                     : inside.begin()->string();
  }
};

using Places = std::set<std::string>;

std::vector<std::string> with_data(std::vector<std::string> command) {
  for (const char* argument :
       {"--data", "../data", "--validation", "120", "--device", "cpu", "--threads", "1"})
    command.emplace_back(argument);
  return command;
}

}  // namespace

TEST_CASE_METHOD(TracedRuns, "a run writes in its own folder, and nowhere else", "[written_paths]") {
  if (!can_trace()) LENET_SKIP("strace is not installed, may not trace, or the build has a sanitizer");
  const std::vector<std::string> start = {LENET_TRAIN_PROGRAM, "--model", "regressor", "--epochs", "1"};
  auto named = start;
  named.insert(named.end(), {"--out", "../given/run"});
  CHECK(written_by(with_data(named)) == Places{"given"});
  REQUIRE(last.exit_code == 0);
  CHECK(written_by({LENET_TRAIN_PROGRAM, "--resume", "../given/run", "--epochs", "2"}) == Places{"given"});
  REQUIRE(last.exit_code == 0);
  CHECK(written_by(with_data(start)) == Places{"work/runs"});
  REQUIRE(last.exit_code == 0);

  auto fast = start;
  fast.insert(fast.end(), {"--fast-dev-run"});
  CHECK(written_by(with_data(fast)) == Places{"tmp"});
  REQUIRE(last.exit_code == 0);
  CHECK(fs::is_empty(folder / "tmp"));
}

TEST_CASE_METHOD(TracedRuns, "a program that prints its answer writes nothing", "[written_paths]") {
  if (!can_trace()) LENET_SKIP("strace is not installed, may not trace, or the build has a sanitizer");
  REQUIRE(train(with_data({"--model", "regressor", "--epochs", "1", "--out", "../given/run"})).exit_code ==
          0);
  const std::vector<std::vector<std::string>> commands = {
      {LENET_EVAL_PROGRAM, "../given/run", "--data", "../data", "--device", "cpu", "--split", "validation"},
      {LENET_RUNS_PROGRAM, "../given"},
      {LENET_PREDICT_PROGRAM, "../given/run", "--data", "../data", "--index", "0-3", "--device", "cpu"},
      with_data({LENET_BENCH_PROGRAM, "--model", "regressor", "--steps", "5"}),
      with_data({LENET_TRAIN_PROGRAM, "--model", "regressor", "--dry-run"}),
      {LENET_TRAIN_PROGRAM, "--list-devices"},
      {LENET_DATA_PROGRAM, "info", "--data", "../data"},
      {LENET_PLOT_PROGRAM, "--help"}};
  for (const auto& command : commands) {
    INFO(command[0]);
    CHECK(written_by(command).empty());
    CHECK(last.exit_code == 0);
  }
}

TEST_CASE_METHOD(TracedRuns, "figures and data are written where they are asked for, and nowhere else",
                 "[written_paths]") {
  if (!can_trace()) LENET_SKIP("strace is not installed, may not trace, or the build has a sanitizer");
  REQUIRE(train(with_data({"--model", "regressor", "--epochs", "1", "--out", "../given/run"})).exit_code ==
          0);
  const std::vector<std::vector<std::string>> commands = {
      {LENET_EVAL_PROGRAM, "../given/run", "--data", "../data", "--device", "cpu"},
      {LENET_EVAL_PROGRAM, "../given/run", "--data", "../data", "--device", "cpu", "--plot",
       "../given/digits.png"},
      {LENET_PLOT_PROGRAM, "../given/run", "-o", "../given/curves.svg"},
      {LENET_REPORT_PROGRAM, "../given/run", "--data", "../data", "--device", "cpu", "-o",
       "../given/report.html"},
      {LENET_PLOT_PROGRAM, "../given/run", "-o", "../given/curves.pdf"},
      {LENET_DATA_PROGRAM, "synthesize", "--train", "20", "--test", "10", "--out", "../given/digits"},
      {LENET_DATA_PROGRAM, "fetch", "--out", "../given/mnist", "--mirror",
       "file://" + (folder / "data").string()}};
  for (const auto& command : commands) {
    INFO(command[0] << " " << command[1]);
    CHECK(written_by(command) == Places{"given"});
  }
}
