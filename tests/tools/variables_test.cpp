// Variables of the environment, which all programs see.
#include "tools/cli/variables.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/variable.hpp"
#include "tests/tools/tool_runs.hpp"
#include "tools/cli/bench_options.hpp"
#include "tools/cli/data_options.hpp"
#include "tools/cli/eval_options.hpp"
#include "tools/cli/export_options.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/plot_options.hpp"
#include "tools/cli/predict_options.hpp"
#include "tools/cli/report_options.hpp"
#include "tools/cli/runs_options.hpp"
#include "tools/cli/serve_options.hpp"
#include "tools/cli/train_options.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

/// Returns what each program says about itself, and each command of lenet_data.
std::vector<Manual> all_manuals() {
  static BenchOptions bench;
  std::vector<Manual> manuals = {train_manual(),   eval_manual(),   export_manual(), plot_manual(),
                                 predict_manual(), report_manual(), runs_manual(),   serve_manual()};
  manuals.push_back({.name = "lenet_bench",
                     .summary = "",
                     .usage = "",
                     .purpose = "",
                     .notes = "",
                     .examples = "",
                     .options = bench_option_set(bench)});
  for (const Manual& command : data_manual().commands) manuals.push_back(command);
  return manuals;
}

std::set<std::string> variables_read_by(const OptionSet& options) {
  std::set<std::string> names;
  for (const Option& option : options.options())
    if (!option.flag_only) names.insert(environment_name(option));
  return names;
}

std::string some_value(const Option& option) {
  if (!option.choices.empty()) return std::string(option.choices.front());
  return option.limits.highest_excluded ? "0.5" : "1";
}

/// Gives the fields of options their values back. Those of a manual are its program's defaults.
class KeptValues {
 public:
  explicit KeptValues(const OptionSet& options) {
    for (const Option& option : options.options())
      std::visit([&](auto* field) { restore_.emplace_back([field, value = *field] { *field = value; }); },
                 option.field);
  }
  ~KeptValues() {
    for (const auto& restore : restore_) restore();
  }
  KeptValues(const KeptValues&) = delete;
  KeptValues& operator=(const KeptValues&) = delete;

 private:
  std::vector<std::function<void()>> restore_;
};

void read_variables(OptionSet options) {
  const KeptValues kept(options);
  apply_environment(options);
  refuse_misspelled_variables(options);
}

}  // namespace

TEST_CASE("the list of all variables has those of every program", "[options]") {
  std::set<std::string> read, listed;
  for (const Manual& manual : all_manuals()) read.merge(variables_read_by(manual.options));
  for (const std::string_view name : variables_of_all_programs()) listed.insert("LENET_" + std::string(name));
  CHECK(listed == read);
}

TEST_CASE("a variable for one program disturbs no other", "[options]") {
  const std::vector<Manual> manuals = all_manuals();
  for (const Manual& owner : manuals)
    for (const Option& option : owner.options.options()) {
      if (option.flag_only) continue;
      const Variable variable(environment_name(option), some_value(option));
      for (const Manual& other : manuals) {
        INFO(environment_name(option) << " of " << owner.name << " in " << other.name);
        CHECK_NOTHROW(read_variables(other.options));
      }
    }
}

TEST_CASE("no program ignores a variable that is misspelled or names what only the command line can give",
          "[options]") {
  const auto known = variables_of_all_programs();
  for (const Manual& manual : all_manuals())
    for (const Option& option : manual.options.options()) {
      std::string name = environment_name(option);
      if (!option.flag_only) {
        name += "X";
        const Variable slip(name, "1");
        INFO(name << " in " << manual.name);
        CHECK_THROWS_WITH(read_variables(manual.options), contains("unknown variable " + name));
      } else if (option.name != "help" && option.name != "version" &&
                 std::ranges::find(known, name.substr(6)) == known.end()) {
        const Variable variable(name, "1");
        INFO(name << " in " << manual.name);
        CHECK_THROWS_WITH(read_variables(manual.options), contains("only on the command line"));
      }
    }
}

TEST_CASE("help names the variables that a program reads", "[options]") {
  for (const Manual& manual : all_manuals()) {
    if (manual.name == "lenet_train") continue;  // its notes say that each option can be a variable
    std::set<std::string> named;
    std::istringstream lines(help_text(manual));
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(columns(line) <= 80);
      std::istringstream words(line);
      for (std::string word; words >> word;)
        if (word.starts_with("LENET_")) named.insert(word.substr(0, word.find(',')));
    }
    INFO(manual.name);
    CHECK(named == variables_read_by(manual.options));
  }
  CHECK_THAT(help_text(train_manual()), contains("LENET_BATCH=50"));
}

TEST_CASE_METHOD(ToolRuns, "a variable that two programs take in one sense is for both", "[options]") {
  options.environment = {{"LENET_QUIET", "1"},   {"LENET_DATA", "data"}, {"LENET_DEVICE", "cpu"},
                         {"LENET_THREADS", "1"}, {"LENET_OUT", "run"},   {"LENET_MODEL", "regressor"},
                         {"LENET_EPOCHS", "1"},  {"LENET_SEED", "3"},    {"LENET_VALIDATION", "0"}};
  const ProcessResult trained = train({});
  INFO(trained.output << trained.errors);
  CHECK(trained.exit_code == 0);
  CHECK(line_count(trained.output) == 1);
  const ProcessResult evaluated = eval({"run"});
  INFO(evaluated.output << evaluated.errors);
  CHECK(evaluated.exit_code == 0);
  CHECK(line_count(evaluated.output) == 1);
  // The folder of a run is no name for a figure.
  CHECK(plot({"run"}).exit_code == 0);
  CHECK(std::filesystem::is_regular_file(folder / "curves.png"));
}
