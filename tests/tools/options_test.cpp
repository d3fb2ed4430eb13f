#include "tools/cli/options.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/variable.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/resumed_run.hpp"
#include "tools/cli/train_options.hpp"

using namespace lenet;
using namespace lenet::cli;

namespace {

TrainOptions read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "lenet_train");
  return read_train_options(static_cast<int>(arguments.size()), arguments.data());
}

/// A configuration file with that text.
struct ConfigFile {
  explicit ConfigFile(const std::string& text) { std::ofstream(path) << text; }
  TemporaryFolder folder;
  std::string path = (folder / "run.toml").string();
};

}  // namespace

TEST_CASE("a flag wins over a variable, a variable over the file, the file over the default", "[options]") {
  const ConfigFile file("batch = 10\nseed = 20\nlr = 0.5\nmodel = 'mlp'\n");
  const Variable batch("LENET_BATCH", "11");
  const Variable seed("LENET_SEED", "21");
  const Variable empty("LENET_MODEL", "");
  const TrainOptions options = read({"--config", file.path.c_str(), "--batch=12"});
  CHECK(options.batch == 12);
  CHECK(options.seed == 21);
  CHECK(options.lr == 0.5);
  CHECK(options.model == "mlp");
  CHECK(options.validation == 5000);
}

TEST_CASE("of two that exclude each other the stronger source decides", "[options]") {
  const ConfigFile file("epochs = 3\n");
  const TrainOptions options = read({"--config", file.path.c_str(), "--steps", "200"});
  CHECK(options.steps == 200);
  CHECK_FALSE(options.epochs);
  CHECK_THROWS_AS(read({"--epochs", "3", "--steps", "200"}), UsageError);
  CHECK_THROWS_WITH(read({"--epochs", "3", "--steps", "200"}),
                    contains("--steps: cannot be combined with epochs"));
}

TEST_CASE("switches have a form that turns them off, and the last of a kind wins", "[options]") {
  CHECK(read({}).deterministic);
  CHECK_FALSE(read({"--no-deterministic"}).deterministic);
  CHECK(read({"--no-deterministic", "--deterministic"}).deterministic);
  CHECK_FALSE(read({"--autotune", "--no-autotune"}).autotune);
  CHECK(read({"--batch", "5", "--batch", "6"}).batch == 6);
  const Variable variable("LENET_DATA_ON_DEVICE", "on");
  CHECK(read({}).data_on_device);
  CHECK_FALSE(read({"--no-data-on-device"}).data_on_device);
}

TEST_CASE("a wrong command line is refused with what was expected", "[options]") {
  struct Case {
    std::vector<const char*> arguments;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"--bacth", "5"}, "unknown option --bacth: did you mean --batch?"},
      {{"--bacth=5"}, "unknown option --bacth: did you mean --batch?"},
      {{"--no-determinstic"}, "did you mean --no-deterministic?"},
      {{"--xyzzy"}, "unknown option --xyzzy: see --help"},
      {{"-b", "5"}, "unknown option -b"},
      {{"--steps-per-launch", "20"}, "--steps-per-launch above 1 needs --data-on-device"},
      {{"--learning-rate", "0.1"}, "unknown option --learning-rate: did you mean --lr?"},
      {{"--learning-rate=0.1"}, "unknown option --learning-rate: did you mean --lr?"},
      {{"--batch-size", "5"}, "unknown option --batch-size: did you mean --batch?"},
      {{"--gpu", "0"}, "unknown option --gpu: did you mean --device?"},
      {{"--evaluate-every", "0"}, "--evaluate-every: '0' is not a whole number in [1, 1000000000]"},
      {{"--validation", "0", "--patience", "2"}, "--patience needs validation images"},
      {{"best.bin"}, "lenet_train takes no file: what is 'best.bin'?"},
      {{"--batch"}, "--batch"},
      {{"--batch", "0"}, "--batch: '0' is not a whole number in [1, 65536]"},
      {{"--batch", "-1"}, "--batch: '-1' is not"},
      {{"--batch", "1e3"}, "--batch: '1e3' is not a whole number"},
      {{"--batch", "50x"}, "--batch: '50x' is not"},
      {{"--batch", "99999999999999999999"}, "is not a whole number"},
      {{"--lr", "0"}, "--lr: '0' is not a number"},
      {{"--lr", "-0.1"}, "--lr: '-0.1' is not a number"},
      {{"--lr", "nan"}, "--lr: 'nan' is not a number"},
      {{"--lr", "inf"}, "--lr: 'inf' is not a number"},
      {{"--lr", "1e-60"}, "--lr: '1e-60' is not a number"},
      {{"--dropout", "1"}, "--dropout: '1' is not a number in [0, 1)"},
      {{"--dropout", "-0.5"}, "--dropout: '-0.5' is not a number in [0, 1)"},
      {{"--epochs", "0"}, "--epochs: '0' is not"},
      {{"--seed", "-1"}, "--seed: '-1' is not a whole number, at least 0"},
      {{"--model", "cn"}, "--model: unknown model 'cn': did you mean 'cnn'?"},
      {{"--recipe", "keas"}, "did you mean 'keras'?"},
      {{"--optimizer", "xyzzy"}, "--optimizer: unknown optimizer 'xyzzy': expected sgd or adam"},
      {{"--precision", "xyzzy"}, "--precision: unknown precision 'xyzzy'"},
      {{"--model", ""}, "--model: must not be empty"},
      {{"--config", ""}, "--config: must not be empty"},
      {{"--resume="}, "--resume: must not be empty"},
      {{""}, "an argument is empty"},
      {{"--resume", "runs/x", "--config", "y.toml"}, "--resume cannot be combined with --config"},
      {{"--resume", "runs/x", "--batch", "7"}, "--batch cannot change when a run is resumed"},
  };
  for (const Case& bad : cases) {
    INFO(bad.message);
    CHECK_THROWS_AS(read(bad.arguments), UsageError);
    CHECK_THROWS_WITH(read(bad.arguments), contains(bad.message));
  }
}

TEST_CASE("a wrong variable is refused by its name", "[options]") {
  const Variable variable("LENET_BATCH", "many");
  CHECK_THROWS_AS(read({}), UsageError);
  CHECK_THROWS_WITH(read({}), contains("LENET_BATCH: 'many' is not a whole number"));
}

TEST_CASE("a wrong configuration file is refused with its line", "[options]") {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"seed = 1\nbacth = 5\n", "run.toml:2: unknown key 'bacth': did you mean 'batch'?"},
      {"dry_run = true\n", "run.toml:1: unknown key 'dry_run'"},
      {"\n\nbatch = '5x'\n", "run.toml:3: batch: '5x' is not a whole number"},
      {"batch = 5.5\n", "run.toml:1: batch: '5.5' is not a whole number"},
      {"batch = true\n", "run.toml:1: batch: 'true' is not a whole number"},
      {"model = 5\n", "run.toml:1: model: '5' is not regressor, mlp or cnn"},
      {"deterministic = 2\n", "run.toml:1: deterministic: '2' is not true or false"},
      {"lr = 'fast'\n", "run.toml:1: lr: 'fast' is not a number"},
      {"lr = nan\n", "run.toml:1: lr: 'nan' is not a number"},
      {"batch = [5]\n", "run.toml:1: batch: must be one value"},
      {"[training]\nbatch = 5\n", "run.toml:1: unknown key 'training'"},
      {"epochs = 1\nsteps = 5\n", "run.toml:2: steps: cannot be combined with epochs"},
      {"batch = \n", "run.toml:1: "},
  };
  for (const Case& bad : cases) {
    INFO(bad.text);
    const ConfigFile file(bad.text);
    CHECK_THROWS_AS(read({"--config", file.path.c_str()}), UsageError);
    CHECK_THROWS_WITH(read({"--config", file.path.c_str()}), contains(bad.message));
  }
  CHECK_THROWS_WITH(read({"--config", "missing.toml"}),
                    contains("missing.toml: cannot be opened: No such file"));
}

TEST_CASE("options and their values are told from other arguments", "[options]") {
  std::optional<std::string> out, index;
  bool on = true, off = false;
  const OptionSet set({Option{"out", "FILE", "", "", "", &out}.short_form('o'),
                       Option{"index", "N", "", "", "", &index}, Option{"on", "", "", "", "", &on},
                       Option{"no-off", "", "", "", "", &off}});
  const auto parse = [&](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    return parse_command_line(set, static_cast<int>(arguments.size()), arguments.data());
  };
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"--out", "a=b"}, {"--out=a=b"}, {"-o", "a=b"}, {"-oa=b"}, {"--out", "x", "--out", "a=b"}})
    CHECK(parse(arguments).text_of("out") == "a=b");
  CHECK_THROWS_WITH(parse({"--out="}), contains("--out: must not be empty"));
  CHECK_THROWS_WITH(parse({"--out", ""}),
                    contains("an argument is empty") || contains("--out: must not be empty"));
  CHECK(parse({"--out", "-"}).text_of("out") == "-");
  CHECK(parse({"--index", "-5"}).text_of("index") == "-5");
  CHECK(parse({"--no-on"}).text_of("on") == "false");
  CHECK(parse({"--on=off"}).text_of("on") == "off");
  CHECK(parse({"--no-off"}).text_of("no-off") == "true");
  CHECK_FALSE(parse({"a"}).has("out"));

  const CommandLine line = parse({"a", "-", "--on", "b", "--index=1", "--", "--out", "-x", "--"});
  CHECK(line.positionals == std::vector<std::string>{"a", "-", "b", "--out", "-x", "--"});
  CHECK(line.items.size() == 2);

  CHECK_THROWS_WITH(parse({"--index", "-o", "x"}), "--index needs a value: see --help");
  CHECK_THROWS_WITH(parse({"--index", "--on"}), "--index needs a value: see --help");
  CHECK_THROWS_WITH(parse({"-o"}), "--out needs a value: see --help");
  CHECK_THROWS_WITH(parse({"--out", "--"}), "--out needs a value: see --help");
  CHECK_THROWS_WITH(parse({"--no-on=1"}), "--no-on takes no value: see --help");
  CHECK_THROWS_WITH(parse({"--no-out"}), "unknown option --no-out: did you mean --no-on?");
  CHECK_THROWS_WITH(parse({"-5"}), "unknown option -5: see --help");
}

TEST_CASE("an option without its value is told so", "[options]") {
  CHECK_THROWS_WITH(read({"--epochs"}), "--epochs needs a value: see --help");
  CHECK_THROWS_WITH(read({"--model", "mlp", "--lr"}), "--lr needs a value: see --help");
}

TEST_CASE("a variable that is named nearly like an option is refused", "[options]") {
  {
    const Variable slip("LENET_BATHC", "10");
    CHECK_THROWS_WITH(read({}), "unknown variable LENET_BATHC: did you mean LENET_BATCH?");
  }
  const Variable other("LENET_HOME", "x");
  CHECK_NOTHROW(read({}));
}

TEST_CASE("a variable cannot give what only the command line can", "[options]") {
  for (const char* name : {"LENET_RESUME", "LENET_DRY_RUN", "LENET_CONFIG"}) {
    const Variable variable(name, "1");
    CHECK_THROWS_WITH(read({}), contains(name) && contains("can be given only on the command line"));
  }
  const Variable version("LENET_VERSION", "1.2");
  CHECK_NOTHROW(read({}));
}

TEST_CASE("the folder and quietness of a run can be a variable or a line of a file, and are not repeated",
          "[options]") {
  const ConfigFile file("out = 'from-file'\nquiet = true\n");
  const TrainOptions in_file = read({"--config", file.path.c_str()});
  CHECK(in_file.out == "from-file");
  CHECK(in_file.quiet);
  const Variable out("LENET_OUT", "here");
  const Variable quiet("LENET_QUIET", "1");
  TrainOptions options = read({});
  CHECK(options.out == "here");
  CHECK(options.quiet);
  CHECK(read({"--out", "there"}).out == "there");
  resolve(options);
  CHECK_THAT(config_file_text(options), !contains("\nout =") && !contains("quiet"));
}

TEST_CASE("a run's interval of evaluations is kept, and is no part of the configuration unless it was given",
          "[options]") {
  TrainOptions options = read({"--steps", "300"});
  resolve(options);
  CHECK(kept_settings(options).at("evaluate_every") == "1000");
  CHECK_THAT(config_file_text(options), !contains("evaluate_every"));
  options = read({"--epochs", "3", "--evaluate-every", "2"});
  resolve(options);
  CHECK(kept_settings(options).at("evaluate_every") == "2");
  CHECK_THAT(config_file_text(options), contains("evaluate_every = 2"));
}

TEST_CASE("a resolved configuration reads back as itself", "[options]") {
  unsetenv("LENET_DATA");  // it would win over the file
  TrainOptions options =
      read({"--model", "cnn", "--lr", "0.0003", "--dropout", "0.25", "--seed", "9223372036854775807",
            "--steps", "77", "--no-cuda-graph", "--data", "a \"b\" \\c"});
  const Model model = resolve(options);
  const std::string text = config_file_text(options);
  const ConfigFile file(text);
  TrainOptions again = read({"--config", file.path.c_str()});
  const Model model_again = resolve(again);
  CHECK(config_file_text(again) == text);
  CHECK(again.data == "a \"b\" \\c");
  CHECK(again.steps == 77);
  CHECK_FALSE(again.cuda_graph);
  CHECK(std::get<Adam>(model_again.recipe.optimizer).learning_rate.base == 0.0003f);
  CHECK(std::get<Adam>(model.recipe.optimizer).learning_rate.base == 0.0003f);
}

TEST_CASE("a data folder whose name is no UTF-8 keeps its bytes in the configuration", "[options]") {
  unsetenv("LENET_DATA");
  const std::string data = "/data/caf\xe9 100%41/\xff";
  TrainOptions options = read({"--data", data.c_str()});
  resolve(options);
  const std::string text = config_file_text(options);
  CHECK_THAT(text, contains("data = 'file:///data/caf%E9%20100%2541/%FF'"));
  const ConfigFile file(text);
  CHECK(read({"--config", file.path.c_str()}).data == data);
}

TEST_CASE("a configuration that is no regular file, or too long, is refused in one line", "[options]") {
  const TemporaryFolder folder;
  const auto read_file_at = [](const std::string& path) { return read({"--config", path.c_str()}); };
  CHECK_THROWS_WITH(read_file_at(folder.path().string()), contains("is a folder, expected a file"));
  CHECK_THROWS_WITH(read_file_at("/dev/zero"), contains("/dev/zero: is not a regular file"));
  const std::string fifo = (folder / "fifo").string();
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_file_at(fifo), contains("fifo: is not a regular file"));
  // Files of /proc have no size, but content.
  CHECK_THROWS_AS(read_file_at("/proc/self/status"), UsageError);
  std::ofstream(folder / "long.toml") << std::string(70'000, '#');
  CHECK_THROWS_WITH(read_file_at((folder / "long.toml").string()), contains("is larger than 64.0 KiB"));
}

TEST_CASE("a configuration that is nested without end is refused", "[options]") {
  const auto repeated = [](std::size_t times, const std::string& part) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
  };
  constexpr std::size_t kBytes = 64 << 10;
  for (const std::string& text :
       {repeated(kBytes / 2 - 3, "a.") + "a = 1", repeated(kBytes - 10, "["),
        "a = " + repeated(kBytes - 10, "["), "a = " + repeated(kBytes / 5 - 10, "{a = "),
        "[" + repeated(kBytes / 2 - 5, "a.") + "a]", "a = {" + repeated(kBytes / 2 - 10, "a.") + "a = 1}",
        "'" + repeated(kBytes - 10, "x") + "' = 1"}) {
    INFO(text.substr(0, 20));
    const ConfigFile file(text);
    std::string message;
    try {
      read({"--config", file.path.c_str()});
    } catch (const UsageError& error) {
      message = error.what();
    }
    CHECK_FALSE(message.empty());
    CHECK(message.size() < 1000);
  }
}

TEST_CASE("a long value is cut in the message that refuses it", "[options]") {
  const std::string value(100'000, 'x');
  const std::string flag = "--" + value;
  const auto message_of = [](std::vector<const char*> arguments) {
    try {
      read(arguments);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"--batch", value.c_str()}, {"--model", value.c_str()}, {value.c_str()}, {flag.c_str()}}) {
    const std::string message = message_of(arguments);
    CHECK_FALSE(message.empty());
    CHECK(message.size() < 300);
  }
}

TEST_CASE("what is left open comes from the model's recipe", "[options]") {
  TrainOptions keras = read({"--model", "regressor"});
  resolve(keras);
  CHECK(keras.optimizer == "sgd");
  CHECK(keras.lr == 0.5);
  CHECK(keras.batch == 100);
  CHECK(keras.epochs == 18);
  CHECK_FALSE(keras.steps);
  TrainOptions tutorial = read({"--recipe", "tutorial", "--optimizer", "sgd"});
  const Model model = resolve(tutorial);
  CHECK(tutorial.steps == 20'000);
  CHECK_FALSE(tutorial.epochs);
  CHECK(tutorial.lr == 0.5);
  CHECK(std::holds_alternative<Sgd>(model.recipe.optimizer));
  TrainOptions without_dropout = read({"--model", "mlp", "--dropout", "0.3"});
  CHECK_THROWS_WITH(resolve(without_dropout), contains("'mlp' has no dropout layer"));
}

TEST_CASE("the help lists every option once, with its default, on a screen", "[options]") {
  TrainOptions defaults;
  const std::string help = help_text(train_manual());
  const OptionSet set = train_option_set(defaults);
  for (const Option& option : set.options()) {
    INFO(option.name);
    const std::string flag = "  --" + std::string(option.name) + " ";
    const std::string negatable = "  --[no-]" + std::string(option.name) + " ";
    const std::string lettered =
        option.letter ? std::string("  -") + option.letter + "," + flag.substr(1) : flag;
    CHECK((help.find(lettered) != std::string::npos || help.find(negatable) != std::string::npos));
    CHECK(help.find(option.help) != std::string::npos);
  }
  CHECK(help.find("Example: lenet_train") != std::string::npos);
  std::istringstream lines(help);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    INFO(line);
    CHECK(columns(line) <= 80);
  }
  CHECK(count <= 55);
}

TEST_CASE("the flags --help and --version are answered whatever else is wrong", "[options]") {
  const Variable variable("LENET_BATCH", "many");
  CHECK(read({"--help", "--batch", "0"}).questions.help);
  CHECK(read({"-h", "--batch", "0"}).questions.help);
  CHECK(read({"--version"}).questions.version);
}
