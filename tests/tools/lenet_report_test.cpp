#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "data/mnist.hpp"
#include "data/synthetic_digits.hpp"
#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/train_options.hpp"
#include "tools/report/html.hpp"
#include "tools/report/sections.hpp"
#include "tools/report/tutorial.hpp"

using namespace lenet;
using namespace lenet::cli;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct ReportedRuns : ToolRuns {
  void make_run(const std::string& out, const std::string& model = "regressor") const {
    fs::create_directories((folder / out).parent_path());
    REQUIRE(train_tiny({"--model", model, "--epochs", "2", "--batch", "50", "--no-tensorboard", "--out", out})
                .exit_code == 0);
  }
  ProcessResult report_tiny(std::vector<std::string> arguments) const {
    for (const char* argument : {"--data", "data", "--device", "cpu", "--threads", "1"})
      arguments.emplace_back(argument);
    return report(arguments);
  }
  /// Returns the values in the table of a run's options, in which each must have a meaning.
  std::map<std::string, std::string> options_in_report(const std::string& run) const;
};

std::vector<std::string> all_matches(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), expression); at != std::sregex_iterator();
       ++at)
    found.push_back((*at)[1]);
  return found;
}

/// Checks that a page has what it refers to, and refers to nothing outside.
void check_whole(const std::string& page) {
  CHECK(page.starts_with("<!DOCTYPE html>\n"));
  CHECK(page.ends_with("</html>\n"));
  CHECK_THAT(page, contains("Content-Security-Policy\" content=\"default-src 'none'; img-src data:"));
  const std::vector<std::string> ids = all_matches(page, " id=\"([^\"]*)\"");
  const std::set<std::string> known(ids.begin(), ids.end());
  CHECK(known.size() == ids.size());
  const std::vector<std::string> links = all_matches(page, "href=\"([^\"]*)\"");
  CHECK(links.size() > 100);  // the letters of figures are shapes that are referred to
  for (const std::string& link : links)
    if (!link.starts_with("data:image/png;base64,")) {
      INFO(link);
      CHECK(link.starts_with("#"));
      CHECK(known.contains(link.substr(1)));
    }
  for (const std::string& source : all_matches(page, "src=\"([^\"]*)\""))
    CHECK(source.starts_with("data:image/png;base64,"));
  for (const std::string& place : all_matches(page, "url\\(([^)]*)\\)"))
    CHECK(known.contains(place.substr(1)));
  CHECK(page.find("<script") == page.npos);
  for (const char* tag : {"table", "section", "div", "figure", "svg", "tr", "bdi", "p"}) {
    INFO(tag);
    const std::string name = tag;
    CHECK(all_matches(page, ("<(" + name + ")[ >]").c_str()).size() ==
          all_matches(page, ("</(" + name + ")>").c_str()).size());
  }
}

std::map<std::string, std::string> ReportedRuns::options_in_report(const std::string& run) const {
  REQUIRE(report_tiny({run, "--force"}).exit_code == 0);
  const std::string page = file("report.html");
  const std::regex row("<code>([^<]*)</code></th><td><bdi>([^<]*)</bdi></td><td>([^<]*)</td>");
  std::map<std::string, std::string> values;
  for (auto at = std::sregex_iterator(page.begin(), page.end(), row); at != std::sregex_iterator(); ++at) {
    INFO((*at)[1]);
    CHECK((*at)[2].length() > 0);
    CHECK((*at)[3].length() > 0);
    values[(*at)[1]] = (*at)[2];
  }
  return values;
}

std::string cell(const std::string& text) { return ">" + text + "</td>"; }

}  // namespace

TEST_CASE_METHOD(ReportedRuns, "a report is one page that needs nothing outside of itself",
                 "[lenet_report]") {
  make_run("a");
  make_run("b", "mlp");
  const ProcessResult result = report_tiny({"a", "b/best.bin", "-o", "page.html", "--author", "Ada"});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK(result.errors.empty());
  CHECK(result.output.starts_with("page.html: 2 runs, "));
  const std::string page = file("page.html");
  check_whole(page);
  CHECK_THAT(page, contains("<bdi>Ada</bdi>, 20"));
  CHECK(all_matches(page, "(<svg )").size() == 3);
  CHECK(all_matches(page, "<h2>([^\n]*)</h2>") ==
        std::vector<std::string>{"Results", "Curves", "<bdi>a</bdi>", "<bdi>b</bdi>"});
}

TEST_CASE_METHOD(ReportedRuns, "a report has the figures of lenet_eval, and keeps them for lenet_runs",
                 "[lenet_report]") {
  make_run("run");
  REQUIRE(report_tiny({"run"}).exit_code == 0);
  const Json listed = Json::parse(runs({"run", "--json"}).output).at(0);
  const std::string page = file("report.html");
  const Json json =
      Json::parse(eval({"run", "--data", "data", "--device", "cpu", "--threads", "1", "--json"}).output);
  CHECK(listed["test_accuracy"] == json["accuracy"]);
  const auto rounded = [](double value, const char* format) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return std::string(text);
  };
  CHECK_THAT(page, contains("<strong>" + rounded(json["accuracy"], "%.4f") + "</strong> ± " +
                            rounded(json["standard_error"], "%.4f")));
  CHECK_THAT(page, contains(" and loss " + rounded(json["loss"], "%.4f") + " on 100 test images"));
  for (const Json& scores : json["classes"])
    CHECK_THAT(page,
               contains("<th scope=\"row\">" + std::to_string(scores["label"].get<int>()) +
                        "</th><td class=\"number\"" + cell(std::to_string(scores["count"].get<int>()))) &&
                   contains("<td class=\"number\"" + cell(rounded(scores["precision"], "%.4f")) +
                            "<td class=\"number\"" + cell(rounded(scores["recall"], "%.4f")) +
                            "<td class=\"number\"" + cell(rounded(scores["f1"], "%.4f"))));
  CHECK_THAT(page, contains("<code>batch</code></th><td><bdi>50</bdi></td>"));
}

TEST_CASE_METHOD(ReportedRuns, "a report shows as many digits as asked for, and the worst mistakes first",
                 "[lenet_report]") {
  REQUIRE(
      train_tiny({"--model", "regressor", "--steps", "3", "--no-tensorboard", "--out", "run"}).exit_code ==
      0);
  const Json json =
      Json::parse(eval({"run", "--data", "data", "--device", "cpu", "--threads", "1", "--json"}).output);
  const auto wrong = static_cast<std::size_t>(json["count"].get<int>() - json["correct"].get<int>());
  REQUIRE(wrong > 3);
  REQUIRE(report_tiny({"run", "--count", "3"}).exit_code == 0);
  const std::string page = file("report.html");
  const std::size_t mistakes_at = page.find("<h3>Worst mistakes");
  CHECK(all_matches(page.substr(0, mistakes_at), "<figure class=\"digit (\\w+)").size() == 3);
  const std::string mistakes = page.substr(mistakes_at);
  CHECK(all_matches(mistakes, "<figure class=\"digit (\\w+)") == std::vector<std::string>(3, "wrong"));
  CHECK_THAT(mistakes, contains("The 3 most confident of " + std::to_string(wrong) + "."));
  double last = 100;
  for (const std::string& width : all_matches(mistakes, "<i class=\"prediction\" style=\"width:([0-9.]+)%")) {
    CHECK(std::stod(width) <= last);
    last = std::stod(width);
  }
  CHECK(last < 100);
}

TEST_CASE_METHOD(ReportedRuns, "names of runs are text in a report, whatever they are", "[lenet_report]") {
  const std::string name = "<img src=x onerror=alert(1)>\"'& id=\"a\n\x1b\xff\xe2\x80\xae";
  make_run(name);
  const ProcessResult result =
      report_tiny({name, "--title", "</title><script>alert(1)</script>", "--author", "\"><b>"});
  REQUIRE(result.exit_code == 0);
  const std::string page = file("report.html");
  check_whole(page);
  CHECK(page.find("<img src=x") == page.npos);
  CHECK_THAT(page, contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp; id=&quot;a\\n\\x1b\\xff"));
  CHECK_THAT(page, contains("<title>&lt;/title&gt;&lt;script&gt;"));
  CHECK_THAT(page, contains("<bdi>&quot;&gt;&lt;b&gt;</bdi>"));
}

TEST_CASE_METHOD(ReportedRuns, "runs of the same name are told apart by their paths", "[lenet_report]") {
  make_run("x/run");
  make_run("y/run");
  REQUIRE(report_tiny({"x/run", "y/run"}).exit_code == 0);
  const std::string page = file("report.html");
  CHECK_THAT(page, contains("<h2><bdi>x/run</bdi></h2>") && contains("<h2><bdi>y/run</bdi></h2>"));
}

TEST_CASE_METHOD(ReportedRuns, "an existing file is replaced only when that is asked for", "[lenet_report]") {
  make_run("run");
  std::ofstream(folder / "report.html") << "mine";
  const ProcessResult refused = report_tiny({"run"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, contains("report.html: already exists"));
  CHECK(file("report.html") == "mine");
  CHECK(report_tiny({"run", "--force"}).exit_code == 0);
  CHECK(file("report.html").starts_with("<!DOCTYPE html>"));
}

TEST_CASE_METHOD(ReportedRuns, "what cannot be reported is said in one line, and leaves no file",
                 "[lenet_report]") {
  make_run("run");
  fs::create_directory(folder / "empty");
  for (const char* name : {"no-metrics", "no-weights"}) fs::copy(folder / "run", folder / name);
  fs::remove(folder / "no-metrics/metrics.csv");
  fs::remove(folder / "no-weights/best.bin");
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, 2, "expected the folder of a run, or several"},
      {{"run", "--count", "0"}, 2, "--count: '0' is not"},
      {{"missing"}, 2, "missing: is no run: it has no config.toml"},
      {{"run", "missing"}, 2, "missing: is no run: it has no config.toml"},
      {{"empty"}, 2, "empty: is no run: it has no config.toml"},
      {{"run", "-o", "no/a.html"}, 1, "no/a.html: cannot be written: there is no folder no"},
      {{"run", "-o", "empty", "--force"}, 1, "empty: cannot be written: it is a folder"},
      {{"no-metrics"}, 1, "no-metrics/metrics.csv: no such file"},
      {{"no-weights"}, 1, "no-weights/best.bin: cannot be opened"},
  };
  for (const Case& bad : cases) {
    const ProcessResult result = report_tiny(bad.arguments);
    INFO(bad.message << "\n" << result.output << result.errors);
    CHECK(result.exit_code == bad.exit_code);
    CHECK_THAT(result.errors, contains("lenet_report: ") && contains(bad.message));
    CHECK(line_count(result.errors) == 1);
    CHECK(result.output.empty());
    CHECK_FALSE(fs::exists(folder / "report.html"));
  }
}

TEST_CASE_METHOD(ReportedRuns, "a run that cannot be read is left out where there are others",
                 "[lenet_report]") {
  make_run("run");
  fs::create_directory(folder / "empty");
  std::ofstream(folder / "file") << "no run";
  struct Case {
    std::string name;
    std::string file;  ///< that is damaged, or removed
    const char* content;
  };
  const std::vector<Case> cases = {{"no-weights", "best.bin", nullptr},
                                   {"bad-weights", "best.bin", "no weights"},
                                   {"no-metrics", "metrics.csv", nullptr},
                                   {"bad-metrics", "metrics.csv", "many\n"},
                                   {"bad-config", "config.toml", "epochs = 'many'\n"},
                                   {"bad-state", "last.bin", "no state"}};
  std::vector<std::string> arguments = {"empty", "file"};
  for (const Case& bad : cases) {
    fs::copy(folder / "run", folder / bad.name);
    fs::remove(folder / bad.name / bad.file);
    if (bad.content) std::ofstream(folder / bad.name / bad.file) << bad.content;
    arguments.push_back(bad.name);
  }
  const ProcessResult none = report_tiny(arguments);
  CHECK(none.exit_code == 1);
  CHECK(line_count(none.errors) == std::ssize(arguments) + 1);
  CHECK(none.errors.ends_with("\nlenet_report: there is no run left to report on\n"));
  CHECK_FALSE(fs::exists(folder / "report.html"));

  arguments.insert(arguments.begin() + 3, "run");
  const ProcessResult result = report_tiny(arguments);
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  CHECK(result.output.starts_with("report.html: 1 run, "));
  CHECK(line_count(result.errors) == std::ssize(arguments) - 1);
  for (const std::string_view line : lines_of(result.errors)) CHECK(line.ends_with("; it is left out"));
  for (const Case& bad : cases)
    CHECK_THAT(result.errors, contains("lenet_report: " + bad.name + "/" + bad.file + ":"));
  const std::string page = file("report.html");
  check_whole(page);
  CHECK(all_matches(page, "<h2>([^\n]*)</h2>") ==
        std::vector<std::string>{"Results", "Curves", "<bdi>run</bdi>"});
}

TEST_CASE_METHOD(ReportedRuns,
                 "a report has every option that applies to a run, with its value and its meaning",
                 "[lenet_report]") {
  const std::string model = GENERATE("regressor", "cnn");
  make_run("run", model);
  std::map<std::string, std::string> values = options_in_report("run");
  CHECK(values["evaluate-every"] == "1 epoch");
  CHECK(values["dropout"] == (model == "cnn" ? "0.5" : "none"));
  CHECK((file("report.html").find("<td>Dropout: rate 0.5</td>") != std::string::npos) == (model == "cnn"));
  CHECK(values["patience"] == "never");
  CHECK(values["init"] == "random");
  CHECK(values["threads"] == "1");
  TrainOptions defaults;
  const OptionSet set = train_option_set(defaults);
  const auto applies = [&](const Option& option, Hardware other) {
    return !option.not_saved && option.hardware != other && option.name != "steps";
  };
  for (const Option& option : set.options()) {
    INFO(option.name);
    CHECK(values.contains(std::string(option.name)) == applies(option, Hardware::gpu));
    CHECK_FALSE(option.help.empty());
  }

  std::string machines = file("run/machine.json");
  machines.replace(machines.find("\"on_host\": true"), 15, "\"on_host\": false");
  std::ofstream(folder / "run/machine.json") << machines;
  values = options_in_report("run");
  for (const Option& option : set.options()) {
    INFO(option.name);
    CHECK(values.contains(std::string(option.name)) == applies(option, Hardware::cpu));
  }

  fs::remove(folder / "run/machine.json");  // as in runs of earlier versions
  std::string config = file("run/config.toml");
  config.replace(config.find("autotune = false"), 16, "autotune = true");
  std::ofstream(folder / "run/config.toml") << config;
  values = options_in_report("run");
  CHECK(values["autotune"] == "true");
  CHECK(values["threads"] == "1");
  CHECK_FALSE(values.contains("cuda-graph"));
}

TEST_CASE_METHOD(ReportedRuns, "the interval of evaluations is shown in the unit of the run",
                 "[lenet_report]") {
  const auto train_run = [&](std::vector<std::string> arguments) {
    for (const char* argument : {"--model", "regressor", "--no-tensorboard", "--out", "run"})
      arguments.emplace_back(argument);
    REQUIRE(train_tiny(arguments).exit_code == 0);
    return options_in_report("run")["evaluate-every"];
  };
  SECTION("steps") { CHECK(train_run({"--steps", "3"}) == "1,000 steps"); }
  SECTION("a step") { CHECK(train_run({"--steps", "3", "--evaluate-every", "1"}) == "1 step"); }
  SECTION("epochs") { CHECK(train_run({"--epochs", "2", "--evaluate-every", "2"}) == "2 epochs"); }
}

TEST_CASE_METHOD(ReportedRuns, "a report names what trained a run, and apart from it what tested it",
                 "[lenet_report]") {
  make_run("run");
  const auto row = [&](const std::string& what) {
    REQUIRE(report_tiny({"run", "--force"}).exit_code == 0);
    const std::vector<std::string> found = all_matches(
        file("report.html"), ("<th scope=\"row\">" + what + "</th><td><bdi>(.*)</bdi></td>").c_str());
    return found.size() == 1 ? found.front() : "";
  };
  const Json here = Json::parse(file("run/machine.json"))["machines"][0];
  const std::string text =
      "cpu: " + here["description"].get<std::string>() + "; " + here["system"].get<std::string>();
  CHECK(row("Trained on") == text);
  CHECK(row("Trained by") == here["program"]);
  CHECK(row("Tested on") == text);

  Json gpu = here;
  gpu.update({{"device", "cuda:0"}, {"description", "a <GPU>"}, {"on_host", false}, {"system", "elsewhere"}});
  Json later = here;
  later["from_step"] = 1500;
  std::ofstream(folder / "run/machine.json") << Json{{"machines", {gpu, later}}};
  CHECK(row("Trained on") == "cuda:0: a &lt;GPU&gt;; elsewhere");
  CHECK(row("Trained on, from step 1,500") == text);
  CHECK(row("Tested on") == text);
  std::ofstream(folder / "run/machine.json") << Json{{"machines", {later}}};
  CHECK(row("Trained on") == "not recorded");
  CHECK(row("Trained on, from step 1,500") == text);

  fs::remove(folder / "run/machine.json");
  CHECK(row("Trained on") == "not recorded");
  CHECK(row("Tested on") == text);
}

TEST_CASE("only runs that were tested on MNIST are compared with the tutorial", "[lenet_report]") {
  std::vector<report::ReportedRun> runs;
  for (const bool is_mnist : {true, false}) {
    cli::RunSummary summary;
    summary.options = TrainOptions{.model = "mlp"};
    report::ReportedRun run{.summary = std::move(summary), .graph = models::make_model("mlp").graph};
    run.name = is_mnist ? "on-mnist" : "elsewhere";
    run.test = {.model = "mlp", .split = "test", .metrics = {.correct = 9900, .count = 10000}};
    run.is_mnist = is_mnist;
    runs.push_back(std::move(run));
  }
  CHECK_THAT(report::tutorial_section({.title = {}, .author = {}, .runs = runs}),
             contains("<bdi>on-mnist</bdi>") && contains(">better<") && !contains("elsewhere"));
  runs.erase(runs.begin());
  CHECK(report::tutorial_section({.title = {}, .author = {}, .runs = runs}).empty());
}

TEST_CASE("test images are MNIST's if all their bytes are", "[lenet_report]") {
  CHECK_FALSE(is_mnist_test({}));
  CHECK_FALSE(is_mnist_test(data::synthetic_digits(10, 1)));
  data::Samples test;
  try {
    test = data::load_mnist_test(std::nullopt).test;
  } catch (const DataError& error) {
    LENET_SKIP(error.what());
  }
  CHECK(is_mnist_test(test));
  data::Samples relabelled = test;
  relabelled.labels[7] ^= 1;
  CHECK_FALSE(is_mnist_test(relabelled));
  test.pixels[0] ^= 1;
  CHECK_FALSE(is_mnist_test(test));
}

TEST_CASE("the tutorial's figures are those of the README", "[lenet_report]") {
  const std::string readme = read_all(std::string(LENET_SOURCE_DIR) + "/README.md");
  for (const report::TutorialFigure& figure : report::kTutorialFigures) {
    char accuracy[16];
    std::snprintf(accuracy, sizeof accuracy, "%.4f", figure.accuracy);
    CHECK_THAT(readme, contains("\n| " + std::string(figure.model) + " | " + accuracy + " | "));
  }
  CHECK_FALSE(report::tutorial_accuracy("other"));
}

// The test vectors of RFC 4648, section 10.
TEST_CASE("base64 gives the published texts", "[lenet_report]") {
  CHECK(report::base64("") == "");
  CHECK(report::base64("f") == "Zg==");
  CHECK(report::base64("fo") == "Zm8=");
  CHECK(report::base64("foo") == "Zm9v");
  CHECK(report::base64("foob") == "Zm9vYg==");
  CHECK(report::base64("fooba") == "Zm9vYmE=");
  CHECK(report::base64("foobar") == "Zm9vYmFy");
  CHECK(report::base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("an SVG within a page has ids of its own", "[lenet_report]") {
  const std::string svg =
      "<?xml version=\"1.0\"?>\n<svg width=\"9\"><g id=\"a\"/><use xlink:href=\"#a\"/>"
      "<g clip-path=\"url(#b)\"/></svg>";
  CHECK(report::inline_svg(svg, "x", "<A>") ==
        "<svg role=\"img\" aria-label=\"&lt;A&gt;\" width=\"9\"><g id=\"x-a\"/><use xlink:href=\"#x-a\"/>"
        "<g clip-path=\"url(#x-b)\"/></svg>");
}
