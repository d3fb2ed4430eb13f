#include "tools/cli/training_machines.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/io/checkpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/warnings.hpp"
#include "tests/tools/tool_runs.hpp"
#include "tools/cli/version.hpp"

using namespace lenet;
using namespace lenet::cli;
namespace fs = std::filesystem;

namespace {

TrainingMachine machine_named(const std::string& description, std::int64_t from_step) {
  return {.from_step = from_step,
          .device = "cuda:0",
          .description = description,
          .system = "Linux 1, x86_64",
          .program = "lenet 1"};
}

using Machines = std::vector<TrainingMachine>;

}  // namespace

TEST_CASE_METHOD(ToolRuns, "a run records what trained it", "[training_machines]") {
  REQUIRE(train_tiny({"--model", "regressor", "--epochs", "1", "--out", "run"}).exit_code == 0);
  const Machines machines = read_machines(folder / "run");
  REQUIRE(machines.size() == 1);
  CHECK(machines[0].from_step == 0);
  CHECK(machines[0].device == "cpu");
  CHECK(machines[0].on_host);
  CHECK_THAT(machines[0].description, contains(", 1 thread"));
  CHECK(machines[0].system == system_text());
  CHECK_THAT(machines[0].system, contains("Linux "));
  CHECK(machines[0].program == version_text());
  const ProcessResult dry =
      train_tiny({"--model", "regressor", "--epochs", "1", "--out", "dry", "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK_FALSE(fs::exists(folder / "dry"));
}

TEST_CASE_METHOD(ToolRuns, "a run that is resumed on another machine records both, and where it changed",
                 "[training_machines]") {
  REQUIRE(train_tiny({"--model", "regressor", "--epochs", "1", "--out", "run"}).exit_code == 0);
  const std::string alone = file("run/machine.json");
  REQUIRE(train({"--resume", "run", "--epochs", "2"}).exit_code == 0);
  CHECK(file("run/machine.json") == alone);

  std::string other = alone;
  other.replace(other.find("\"cpu\""), 5, "\"cuda:3\"");
  std::ofstream(folder / "run/machine.json") << other;
  const std::int64_t step = io::read_checkpoint_info(folder / "run/last.bin").step;
  REQUIRE(train({"--resume", "run", "--epochs", "3"}).exit_code == 0);
  const Machines machines = read_machines(folder / "run");
  REQUIRE(machines.size() == 2);
  CHECK(machines[0].device == "cuda:3");
  CHECK(machines[0].from_step == 0);
  CHECK(machines[1].device == "cpu");
  CHECK(machines[1].from_step == step);
}

TEST_CASE_METHOD(ToolRuns, "a run goes on without a readable record of its machines", "[training_machines]") {
  REQUIRE(train_tiny({"--model", "regressor", "--epochs", "1", "--out", "run"}).exit_code == 0);
  const std::int64_t step = io::read_checkpoint_info(folder / "run/last.bin").step;
  const bool is_missing = GENERATE(true, false);
  fs::remove(folder / "run/machine.json");
  if (!is_missing) std::ofstream(folder / "run/machine.json") << "{";
  const ProcessResult result = train({"--resume", "run", "--epochs", "2"});
  CHECK(result.exit_code == 0);
  CHECK(result.errors == (is_missing ? ""
                                     : "lenet_train: run/machine.json: cannot be read: what trained the run "
                                       "before is not known any more\n"));
  const Machines machines = read_machines(folder / "run");
  REQUIRE(machines.size() == 1);
  CHECK(machines[0].from_step == step);
}

TEST_CASE("machines are recorded as far as steps of theirs were kept", "[training_machines]") {
  const TemporaryFolder folder;
  const auto record = [&](const char* name, std::int64_t step) {
    record_machine(folder.path(), machine_named(name, step));
  };
  record("a", 0);
  record("b", 500);
  CHECK(read_machines(folder.path()) == Machines{machine_named("a", 0), machine_named("b", 500)});
  record("b", 700);
  CHECK(read_machines(folder.path()) == Machines{machine_named("a", 0), machine_named("b", 500)});
  SECTION("one that saved nothing is left out") {
    record("c", 800);
    record("b", 800);
    CHECK(read_machines(folder.path()) == Machines{machine_named("a", 0), machine_named("b", 500)});
  }
  SECTION("a run that begins again has only one") {
    record("c", 0);
    CHECK(read_machines(folder.path()) == Machines{machine_named("c", 0)});
  }
}

TEST_CASE("names of machines are kept whatever they are; bytes that are no UTF-8 are replaced",
          "[training_machines]") {
  const TemporaryFolder folder;
  record_machine(folder.path(), machine_named("a\"\\\n<b>\x1b", 0));
  CHECK(read_machines(folder.path()) == Machines{machine_named("a\"\\\n<b>\x1b", 0)});
  record_machine(folder.path(), machine_named("\xff", 0));
  CHECK(read_machines(folder.path()) == Machines{machine_named("\xef\xbf\xbd", 0)});
}

TEST_CASE("a malformed record of machines names none", "[training_machines]") {
  const std::string entry =
      R"({"from_step":7,"device":"cpu","description":"d","on_host":true,"system":"s","program":"p"})";
  REQUIRE(parse_machines(R"({"machines":[)" + entry + "]}"));
  const std::vector<std::string> malformed = {
      "",
      "[]",
      "{}",
      R"({"machines":[]})",
      R"({"machines":3})",
      R"({"machines":["cpu"]})",
      R"({"machines":[)" + entry,
      R"({"machines":[)" + entry + "," + entry + "]}",  // the steps do not grow
      R"({"machines":[{"from_step":0}]})",
      R"({"machines":[{"from_step":-1)" + entry.substr(14) + "]}",
      R"({"machines":[{"from_step":1.5)" + entry.substr(14) + "]}",
      R"({"machines":[{"from_step":"7")" + entry.substr(14) + "]}"};
  for (const std::string& text : malformed) {
    INFO(text);
    CHECK_FALSE(parse_machines(text));
  }
}
