// The completion scripts, run by a real bash as it does when the user presses Tab.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/help_text.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::set<std::string>;

struct Shell {
  /// What is offered for the last of `words`; the first is the program's path.
  Words complete(const std::vector<std::string>& words) const {
    const std::string program = words.front();
    const std::string name = std::filesystem::path(program).filename().string();
    std::string quoted;
    for (const std::string& word : words) quoted += " '" + word + "'";
    const ProcessResult result =
        run_process({"/bin/bash", "-c",  // compopt fails where no completion is going on: no -e
                     "source <('" + program + "' --completion bash); COMP_WORDS=(" + quoted +
                         "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); complete -p " + name + " >/dev/null; _" +
                         name + "; printf '%s\\n' \"${COMPREPLY[@]}\""},
                    {.folder = folder.path()});
    INFO(result.errors);
    CHECK(result.exit_code == 0);
    CHECK(result.errors.empty());
    Words offered;
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) offered.insert(line);
    return offered;
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE_METHOD(Shell, "completion offers all options of a program that its help lists", "[completion]") {
  const std::string program = GENERATE(LENET_TRAIN_PROGRAM, LENET_EVAL_PROGRAM, LENET_PLOT_PROGRAM,
                                       LENET_PREDICT_PROGRAM, LENET_REPORT_PROGRAM, LENET_RUNS_PROGRAM,
                                       LENET_BENCH_PROGRAM, LENET_EXPORT_PROGRAM, LENET_SERVE_PROGRAM);
  const Words listed = flags_in_help(run_process({program, "--help"}).output);
  CHECK(listed.size() > 5);
  CHECK(complete({program, "--"}) == listed);
}

TEST_CASE("help texts and versions look alike, and fit 80 columns", "[completion]") {
  std::vector<std::vector<std::string>> programs = {
      {LENET_TRAIN_PROGRAM}, {LENET_EVAL_PROGRAM}, {LENET_PLOT_PROGRAM},   {LENET_PREDICT_PROGRAM},
      {LENET_BENCH_PROGRAM}, {LENET_DATA_PROGRAM}, {LENET_EXPORT_PROGRAM}, {LENET_REPORT_PROGRAM},
      {LENET_RUNS_PROGRAM},  {LENET_SERVE_PROGRAM}};
  for (const char* command : {"fetch", "verify", "synthesize", "info"})
    programs.push_back({LENET_DATA_PROGRAM, command});
  for (std::vector<std::string> program : programs) {
    program.emplace_back("--help");
    INFO(program[0] << " " << program[1]);
    const std::string help = run_process(program).output;
    CHECK(help.starts_with("usage: lenet_"));
    CHECK_THAT(help, contains("\nExample: lenet_"));
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(std::ranges::count_if(line, [](char byte) { return (byte & 0xC0) != 0x80; }) <= 80);
    }
    program.back() = "--version";
    CHECK_THAT(run_process(program).output, contains("lenet ") && !contains("usage"));
  }
}

TEST_CASE_METHOD(Shell, "completion offers what fits the letters typed so far", "[completion]") {
  CHECK(complete({LENET_TRAIN_PROGRAM, "--mo"}) == Words{"--model"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--quiet", "--no-d"}) == Words{"--no-deterministic"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--xyz"}).empty());
}

TEST_CASE_METHOD(Shell, "completion offers an option's values, before and after a sign", "[completion]") {
  CHECK(complete({LENET_TRAIN_PROGRAM, "--model", ""}) == Words{"cnn", "mlp", "regressor"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--model", "m"}) == Words{"mlp"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--model", "=", "m"}) == Words{"mlp"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--model", "="}) == Words{"cnn", "mlp", "regressor"});
  CHECK(complete({LENET_EVAL_PROGRAM, "best.bin", "--split", "t"}) == Words{"test", "train"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--device", "c"}) == Words{"cpu", "cuda"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--epochs", ""}).empty());  // a number: the user knows
}

TEST_CASE_METHOD(Shell, "completion offers files and folders where they are asked for", "[completion]") {
  std::filesystem::create_directory(folder / "run 1");
  std::ofstream(folder / "seven.png").close();
  CHECK(complete({LENET_PREDICT_PROGRAM, ""}) == Words{"run 1", "seven.png"});
  CHECK(complete({LENET_PREDICT_PROGRAM, "run 1", "s"}) == Words{"seven.png"});
  CHECK(complete({LENET_TRAIN_PROGRAM, "--resume", ""}) == Words{"run 1"});
  CHECK(complete({LENET_PLOT_PROGRAM, "-o", "se"}) == Words{"seven.png"});
}

TEST_CASE_METHOD(Shell, "completion offers lenet_data's commands, and each one's options", "[completion]") {
  CHECK(complete({LENET_DATA_PROGRAM, ""}) ==
        Words{"--help", "--version", "fetch", "info", "synthesize", "verify"});
  CHECK(complete({LENET_DATA_PROGRAM, "f"}) == Words{"fetch"});
  CHECK(complete({LENET_DATA_PROGRAM, "fetch", "--"}) == Words{"--help", "--mirror", "--out", "--version"});
}

TEST_CASE("completion for another shell is refused", "[completion]") {
  const ProcessResult result = run_process({LENET_TRAIN_PROGRAM, "--completion", "fish"});
  CHECK(result.exit_code == 2);
  CHECK(result.errors == "lenet_train: --completion: 'fish' is not bash\n");
}
