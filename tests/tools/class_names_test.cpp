// The programs with data whose classes have names.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "data/mnist.hpp"
#include "engine/io/checkpoint.hpp"
#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/served.hpp"
#include "tools/cli/folding.hpp"

using namespace lenet;
using namespace lenet::cli;
using Json = nlohmann::json;

namespace {

/// A short run on tiny data with names, of which one has markup, one is wide, and one is as long as may be.
struct NamedRun : Served {
  NamedRun() { write_names("ankle boot"); }

  static std::string long_name() { return std::string(ClassNames::kLongest, 'y'); }
  void write_names(const std::string& last) const {
    std::ofstream(folder / "data" / "classes.txt")
        << "T-shirt/top\n<b>&\n運動靴\ndress\ncoat\nsandal\nshirt, \"wide\"\nsneaker\n" + long_name() + "\n" +
               last + "\n";
  }
  ProcessResult train_run(const std::string& out = "run", const std::string& epochs = "2") const {
    return train_tiny({"--model", "regressor", "--batch", "50", "--epochs", epochs, "--out", out});
  }
  std::vector<std::string> on_tiny(std::vector<std::string> arguments) const {
    for (const char* argument : {"--data", "data", "--device", "cpu", "--threads", "1"})
      arguments.emplace_back(argument);
    return arguments;
  }
};

/// Checks that the lines that begin with a class's name have the same width.
void check_aligned(const std::string& text, const std::string& first_words) {
  INFO(text);
  int width = 0;
  for (const char* name : {"T-shirt/top", "<b>&", "運動靴"}) {
    const std::size_t at = text.find(first_words + name);
    REQUIRE(at != text.npos);
    const int columns_of_line = columns(text.substr(at, text.find('\n', at) - at));
    CHECK((width == 0 || columns_of_line == width));
    width = columns_of_line;
  }
}

}  // namespace

TEST_CASE_METHOD(NamedRun, "a run keeps the names of its data in best.bin and last.bin, also when resumed",
                 "[class_names]") {
  REQUIRE(train_run("whole", "3").exit_code == 0);
  REQUIRE(train_run("parts", "2").exit_code == 0);
  REQUIRE(train({"--resume", "parts", "--epochs", "3"}).exit_code == 0);
  for (const char* name : {"best.bin", "last.bin"}) {
    CHECK(io::read_checkpoint_info(folder / "whole" / name).class_names.of(9) == "ankle boot");
    CHECK(file(std::string("parts/") + name) == file(std::string("whole/") + name));
  }

  write_names("boot");
  const ProcessResult resumed = train({"--resume", "parts", "--epochs", "4"});
  CHECK(resumed.exit_code == 0);
  INFO(resumed.errors);
  const bool lacks_fonts = resumed.errors.find("no font of this machine has them") != std::string::npos;
  CHECK(line_count(resumed.errors) == 1 + lacks_fonts);
  CHECK_THAT(resumed.errors, contains("parts/last.bin: has class 9 as 'ankle boot', but ") &&
                                 contains("classes.txt as 'boot'"));
  CHECK(io::read_checkpoint_info(folder / "parts/last.bin").class_names.of(9) == "ankle boot");
}

TEST_CASE_METHOD(NamedRun, "names change nothing in what is trained", "[class_names]") {
  REQUIRE(train_run("named").exit_code == 0);
  std::filesystem::remove(folder / "data/classes.txt");
  REQUIRE(train_run("unnamed").exit_code == 0);
  const Graph graph = models::make_model("regressor").graph;
  CHECK(io::load_checkpoint(folder / "named/last.bin", graph).parameters ==
        io::load_checkpoint(folder / "unnamed/last.bin", graph).parameters);
  CHECK(io::read_checkpoint_info(folder / "unnamed/best.bin").class_names.empty());
}

TEST_CASE_METHOD(NamedRun, "a classes.txt that names too few classes stops a training in one line",
                 "[class_names]") {
  std::ofstream(folder / "data" / "classes.txt") << "boot\n";
  const ProcessResult result = train_run();
  CHECK(result.exit_code == 1);
  CHECK(line_count(result.errors) == 1);
  CHECK_THAT(result.errors, contains("data/classes.txt: has 1 names, expected 10"));
  CHECK_FALSE(std::filesystem::exists(folder / "run"));
}

TEST_CASE_METHOD(NamedRun, "lenet_eval shows the names of the weights", "[class_names]") {
  REQUIRE(train_run().exit_code == 0);
  const ProcessResult text = eval(on_tiny({"run", "--show"}));
  INFO(text.output << text.errors);
  REQUIRE(text.exit_code == 0);
  CHECK(text.errors.empty());
  CHECK_THAT(text.output, contains("ankle boot        9 ") && contains("yyyyyyyyyyyyyyy…  8") &&
                              !contains(long_name()) && contains("\nclass ") &&
                              contains("10 random test images"));
  check_aligned(text.output, "\n");  // of the confusion matrix
  check_aligned(text.output.substr(text.output.find("\nclass ")), "\n");
  CHECK_THAT(text.output, contains("Correct: ") && contains("\nPredicted: "));
  const Json json = Json::parse(eval(on_tiny({"run", "--json"})).output);
  CHECK(json["classes"][1]["name"] == "<b>&");
  CHECK(json["classes"][8]["name"] == long_name());

  write_names("boot");
  const ProcessResult warned = eval(on_tiny({"run"}));
  CHECK(warned.exit_code == 0);
  CHECK(line_count(warned.errors) == 1);
  CHECK_THAT(warned.errors,
             contains("run/best.bin: has class 9 as 'ankle boot', but data/classes.txt as 'boot'"));
  CHECK_THAT(warned.output, contains("ankle boot "));
}

TEST_CASE_METHOD(NamedRun, "where the weights have no names, the folder of the data gives them",
                 "[class_names]") {
  std::filesystem::rename(folder / "data/classes.txt", folder / "later.txt");
  REQUIRE(train_run().exit_code == 0);
  CHECK(Json::parse(eval(on_tiny({"run", "--json"})).output)["classes"][9].count("name") == 0);
  std::filesystem::rename(folder / "later.txt", folder / "data/classes.txt");
  const ProcessResult result = eval(on_tiny({"run", "--json"}));
  CHECK(result.errors.empty());
  CHECK(Json::parse(result.output)["classes"][9]["name"] == "ankle boot");
}

TEST_CASE_METHOD(NamedRun, "lenet_predict shows names as text, JSON, CSV and picture", "[class_names]") {
  REQUIRE(train_run().exit_code == 0);
  const auto predict_first = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"run", "--index", "0-29"});
    const ProcessResult result = predict(on_tiny(arguments));
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    return result.output;
  };
  CHECK_THAT(predict_first({}), contains("   ankle boot            ") &&
                                    contains("   yyyyyyyyyyyyyyyyyyy… ") && !contains(long_name()));
  const std::string all = predict_first({"--all"});
  const std::size_t lines = all.find("\n   T-shirt/top ");
  REQUIRE(lines != all.npos);
  CHECK(columns(all.substr(lines + 1, all.find('\n', lines + 1) - lines - 1)) <= 80);

  const data::Dataset dataset = data::load_mnist_test((folder / "data").string());
  const auto name_of = [&](const Json& label) { return dataset.class_names.of(label.get<std::int64_t>()); };
  for (const Json& digit : Json::parse(predict_first({"--json"}))) {
    CHECK(digit["class"] == name_of(digit["digit"]));
    CHECK(digit["correct_class"] == name_of(digit["correct"]));
  }
  CHECK_THAT(predict_first({"--csv"}), contains("digit,probability_0,") &&
                                           contains(",probability_9,correct_class,class\n") &&
                                           contains(",\"shirt, \"\"wide\"\"\""));
  predict_first({"--plot", "digits.svg"});
  CHECK_THAT(file("digits.svg"), contains("Correct: ankle boot\nPredicted: "));
}

TEST_CASE_METHOD(NamedRun, "lenet_plot, lenet_report and lenet_data show names", "[class_names]") {
  REQUIRE(train_run().exit_code == 0);
  REQUIRE(plot(on_tiny({"--confusion", "run", "-o", "confusion.svg"})).exit_code == 0);
  CHECK_THAT(file("confusion.svg"), contains("\nankle boot\n") && contains("\nPredicted class\n"));

  REQUIRE(report(on_tiny({"run", "-o", "report.html"})).exit_code == 0);
  const std::string page = file("report.html");
  CHECK_THAT(page, contains("<h3>Each class</h3>") && contains("<bdi>ankle boot</bdi>") &&
                       contains("<bdi>&lt;b&gt;&amp;</bdi>") && !contains("<b>&"));
  CHECK_THAT(page, contains("<h3>Random images</h3>\n<div class=\"digits named\">") &&
                       contains("test images</strong>"));

  const ProcessResult info = run_process({LENET_DATA_PROGRAM, "info", "--data", "data"}, options);
  CHECK(info.exit_code == 0);
  check_aligned(info.output, "\n  ");
  CHECK_THAT(info.output,
             contains("\ntest image 0, label ") && contains(" (") && contains("\n  ankle boot  "));
}

TEST_CASE_METHOD(NamedRun, "lenet_serve answers with names", "[class_names]") {
  REQUIRE(train_run().exit_code == 0);
  start();
  const Json health = Json::parse(ask(get("/health")).body);
  REQUIRE(health["classes"].size() == 10);
  CHECK(health["classes"][9] == "ankle boot");
  const Json answer = Json::parse(ask(post("image/x-portable-graymap", as_pgm(some_page(0)))).body);
  CHECK(answer["class"] == health["classes"][answer["digit"].get<std::size_t>()]);
}

TEST_CASE_METHOD(NamedRun, "names that are cut to the same text can be told apart in the terminal",
                 "[class_names]") {
  std::ofstream names(folder / "data" / "classes.txt");
  for (int label = 0; label < 10; ++label) names << std::string(45, 'y') << label << '\n';
  names.close();
  REQUIRE(train_run().exit_code == 0);
  const ProcessResult shown = eval(on_tiny({"run", "--show"}));
  const ProcessResult predicted = predict(on_tiny({"run", "--index", "0-9", "--all"}));
  const ProcessResult counted = run_process({LENET_DATA_PROGRAM, "info", "--data", "data"}, options);
  for (const ProcessResult* result : {&shown, &predicted, &counted}) {
    INFO(result->output << result->errors);
    REQUIRE(result->exit_code == 0);
  }
  for (int label = 0; label < 10; ++label) {
    CHECK_THAT(predicted.output, contains("yyy… (" + std::to_string(label) + ")  "));
    CHECK_THAT(counted.output, contains("yyy… (" + std::to_string(label) + ")  "));
  }
  CHECK_FALSE(std::regex_search(shown.output, std::regex("(Correct|Predicted): y+…  ")));
  CHECK_THAT(shown.output, contains("\nPredicted: yyyy"));
}

TEST_CASE("texts are cut and filled to columns of a terminal", "[class_names]") {
  CHECK(fitted("boot", 6) == "boot  ");
  CHECK(fitted("boot", 6, Side::right) == "  boot");
  CHECK(fitted("boots", 5) == "boots");
  CHECK(fitted("boots", 4) == "boo…");
  CHECK(fitted("", 2) == "  ");
  CHECK(columns("運動靴") == 6);
  CHECK(fitted("運動靴", 6) == "運動靴");
  CHECK(fitted("運動靴", 5) == "運動…");
  CHECK(fitted("運動靴", 4) == "運… ");
  CHECK(columns("a\u0301") == 1);
  CHECK(fitted("a\u0301bc", 3) == "a\u0301bc");
  CHECK(columns("\033[31mred\033[0m") == 3);
}
