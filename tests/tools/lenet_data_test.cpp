#include <filesystem>
#include <fstream>

#include "data/mnist.hpp"
#include "data/synthetic_digits.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;

namespace {

struct DataRuns {
  ProcessResult data(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), LENET_DATA_PROGRAM);
    return run_process(arguments, {.folder = folder.path()});
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE_METHOD(DataRuns, "synthesize writes a data set that loads, the same for a seed", "[lenet_data]") {
  const ProcessResult result =
      data({"synthesize", "--out", "drawn", "--train", "40", "--test", "20", "--seed", "3"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("40 training and 20 test digits"));
  const data::Dataset loaded = data::load_mnist((folder / "drawn").string(), 10);
  const data::Dataset drawn = data::synthetic_dataset(40, 20, 10, 3);
  CHECK(loaded.all_training.pixels == drawn.all_training.pixels);
  CHECK(loaded.test.labels == drawn.test.labels);
}

TEST_CASE_METHOD(DataRuns, "synthesize fills no folder that something is in", "[lenet_data]") {
  std::filesystem::create_directories(folder / "run");
  std::ofstream(folder / "run" / "best.bin") << "weights";
  const ProcessResult result = data({"synthesize", "--out", "run", "--train", "4", "--test", "2"});
  CHECK(result.exit_code == 2);
  CHECK(result.errors == "lenet_data: --out run: is there already: name a new folder, or an empty one\n");
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "run"), {}) == 1);
  std::filesystem::create_directories(folder / "empty");
  CHECK(data({"synthesize", "--out", "empty", "--train", "4", "--test", "2"}).exit_code == 0);
}

TEST_CASE_METHOD(DataRuns, "info counts the images and shows some", "[lenet_data]") {
  REQUIRE(data({"synthesize", "--out", "drawn", "--train", "40", "--test", "20"}).exit_code == 0);
  const ProcessResult result = data({"info", "--data", "drawn"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.output, contains("40 images") && contains("test image 0, label") && contains("█"));
}

TEST_CASE_METHOD(DataRuns, "verify tells MNIST from other sets and from damage", "[lenet_data]") {
  REQUIRE(data({"synthesize", "--out", "drawn", "--train", "40", "--test", "20"}).exit_code == 0);
  const ProcessResult other = data({"verify", "--data", "drawn"});
  CHECK(other.exit_code == 1);
  CHECK_THAT(other.output, contains("valid, but not MNIST"));
  std::filesystem::resize_file(folder / "drawn" / "t10k-labels-idx1-ubyte", 12);
  CHECK_THAT(data({"verify", "--data", "drawn"}).output, contains("damaged  drawn/t10k-labels-idx1-ubyte: "));
}

TEST_CASE_METHOD(DataRuns, "a data file of terabytes is refused without being read", "[lenet_data]") {
  REQUIRE(data({"synthesize", "--out", "drawn", "--train", "40", "--test", "20"}).exit_code == 0);
  std::error_code too_large;
  for (const char* name : {"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
    std::filesystem::resize_file(folder / "drawn" / name, std::uintmax_t{3} << 40, too_large);
  if (too_large) LENET_SKIP("the file system has no files of 3 TB");
  const ProcessResult info = data({"info", "--data", "drawn"});
  CHECK(info.exit_code == 1);
  CHECK_THAT(info.errors, contains("drawn/train-images-idx3-ubyte: at byte 31376: goes on after"));
  const ProcessResult verify = data({"verify", "--data", "drawn"});
  CHECK(verify.exit_code == 1);
  CHECK_THAT(verify.output, contains("damaged  drawn/train-images-idx3-ubyte: "));
  CHECK_THAT(verify.output, contains("damaged  drawn/t10k-labels-idx1-ubyte: "));
}

TEST_CASE_METHOD(DataRuns, "verify names a folder that has a file's name in one line", "[lenet_data]") {
  REQUIRE(data({"synthesize", "--out", "drawn", "--train", "40", "--test", "20"}).exit_code == 0);
  std::filesystem::remove(folder / "drawn" / "t10k-labels-idx1-ubyte");
  std::filesystem::create_directory(folder / "drawn" / "t10k-labels-idx1-ubyte");
  const ProcessResult result = data({"verify", "--data", "drawn"});
  CHECK(result.exit_code == 1);
  CHECK(result.errors == "lenet_data: drawn/t10k-labels-idx1-ubyte: is no file\n");
}

TEST_CASE_METHOD(DataRuns, "fetch that finds no mirror gives one line and exit code 1", "[lenet_data]") {
  // Port 9 of this machine discards or refuses; nothing there serves files.
  const ProcessResult result = data({"fetch", "--out", "mnist", "--mirror", "http://127.0.0.1:9"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.errors, contains("train-images-idx3-ubyte could not be downloaded"));
  CHECK(line_count(result.errors) == 1);
  CHECK(std::filesystem::is_empty(folder / "mnist"));
}

TEST_CASE_METHOD(DataRuns, "bad usage gives one line and exit code 2", "[lenet_data]") {
  CHECK(data({}).exit_code == 2);
  const ProcessResult slip = data({"fech"});
  CHECK(slip.exit_code == 2);
  CHECK(slip.errors == "lenet_data: unknown command 'fech': did you mean 'fetch'?\n");
  CHECK(data({"synthesize", "--train", "0"}).exit_code == 2);
  CHECK(data({"info", "--dta", "x"}).errors == "lenet_data: unknown option --dta: did you mean --data?\n");
  CHECK(data({"info", "x"}).errors == "lenet_data: 'x' is not expected: see --help\n");
  CHECK(data({"info", "--data"}).exit_code == 2);
  CHECK(data({"info", "--data", "nowhere"}).exit_code == 1);
  const ProcessResult help = data({"--help"});
  CHECK(help.exit_code == 0);
  CHECK_THAT(help.output,
             contains("fetch") && contains("synthesize") && contains("verify") && contains("info"));
  const ProcessResult drawing = data({"synthesize", "--help"});
  CHECK(drawing.exit_code == 0);
  CHECK_THAT(drawing.output,
             contains("--train N") && contains("[60000]") && contains("Example: lenet_data synthesize"));
  CHECK(data({"--version"}).output == data({"fetch", "--version"}).output);
}
