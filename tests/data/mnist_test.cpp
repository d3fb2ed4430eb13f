#include "data/mnist.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

#include "data/byte_source.hpp"
#include "data/idx.hpp"
#include "engine/core/error.hpp"
#include "engine/core/sha256.hpp"
#include "tests/data/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/variable.hpp"

using namespace lenet;
using namespace lenet::data;

namespace {

/// Writes a data set in which the first pixel of image i is i and its label is i modulo 10.
void write_set(const std::filesystem::path& folder, std::size_t training, std::size_t test) {
  const auto& files = mnist_files();
  for (std::size_t half = 0; half < 2; ++half) {
    const std::size_t count = half == 0 ? training : test;
    Bytes pixels(count * kImagePixels), labels(count);
    for (std::size_t i = 0; i < count; ++i) {
      pixels[i * kImagePixels] = static_cast<std::uint8_t>(i);
      labels[i] = static_cast<std::uint8_t>(i % 10);
    }
    write_bytes(folder / std::string(files[2 * half].name), idx_image_file(pixels));
    write_bytes(folder / (std::string(files[2 * half + 1].name) + ".gz"), gzip(idx_label_file(labels)));
  }
}

}  // namespace

TEST_CASE("the first training images are the validation set", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 30, 7);
  const Dataset dataset = load_mnist(folder.path().string(), 10);
  CHECK(dataset.validation_split().count() == 10);
  CHECK(dataset.training_split().count() == 20);
  CHECK(dataset.test_split().count() == 7);
  CHECK(dataset.validation_split().pixels[0] == 0);
  CHECK(dataset.training_split().pixels[0] == 10);
  CHECK(dataset.training_split().pixels.size() == 20 * kImagePixels);
  CHECK(dataset.training_split().labels[5] == 5);
  CHECK(load_mnist(folder.path().string(), 0).training_split().count() == 30);
}

TEST_CASE("validation cannot take all training images", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 30, 7);
  CHECK_THROWS_WITH(
      load_mnist(folder.path().string(), 30),
      contains("leave nothing of the 30 training images") && contains("--validation N holds back fewer"));
  CHECK_THROWS_AS(load_mnist(folder.path().string(), -1), UsageError);
}

TEST_CASE("a folder without all four files is refused with the name of a missing one", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 3, 3);
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte.gz");
  CHECK_THROWS_WITH(load_mnist(folder.path().string(), 1), contains("t10k-labels-idx1-ubyte"));
  CHECK_THROWS_WITH(load_mnist((folder / "none").string(), 1), contains("no such folder"));
}

TEST_CASE("the test set needs only its own two files", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 3, 7);
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"})
    std::filesystem::remove(folder / name);
  const Dataset dataset = load_mnist_test(folder.path().string());
  CHECK(dataset.test_split().count() == 7);
  CHECK(dataset.training_split().count() == 0);
  CHECK(dataset.validation_split().count() == 0);
  CHECK_THROWS_WITH(load_mnist(folder.path().string(), 1), contains("train-images-idx3-ubyte"));
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte.gz");
  CHECK_THROWS_WITH(load_mnist_test(folder.path().string()), contains("t10k-labels-idx1-ubyte"));
}

TEST_CASE("files are found under the names and in the folders in which they are distributed", "[mnist]") {
  const auto dotted = [](std::string name) { return name.replace(name.rfind("-idx"), 1, "."); };
  for (const std::string inside : {"", "raw", "MNIST/raw"}) {
    for (const bool with_dots : {false, true}) {
      INFO(inside << (with_dots ? ", with dots" : ""));
      const TemporaryFolder folder;
      const std::filesystem::path files = folder / inside;
      std::filesystem::create_directories(files);
      write_set(files, 30, 7);
      if (with_dots)
        for (const MnistFile& file : mnist_files())
          for (const std::string ending : {"", ".gz"}) {
            const std::string name(file.name);
            if (std::filesystem::exists(files / (name + ending)))
              std::filesystem::rename(files / (name + ending), files / (dotted(name) + ending));
          }
      CHECK(load_mnist(folder.path().string(), 10).training_split().count() == 20);
    }
  }
}

TEST_CASE("a folder named as a file is passed over, and entered if the file is in it", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 30, 7);
  std::filesystem::create_directories(folder / "train-labels-idx1-ubyte");
  CHECK(load_mnist(folder.path().string(), 10).training_split().count() == 20);
  std::filesystem::rename(folder / "train-labels-idx1-ubyte.gz",
                          folder / "train-labels-idx1-ubyte" / "train-labels-idx1-ubyte");
  CHECK(load_mnist(folder.path().string(), 10).training_split().count() == 20);
  std::filesystem::remove(folder / "train-labels-idx1-ubyte" / "train-labels-idx1-ubyte");
  CHECK_THROWS_WITH(load_mnist(folder.path().string(), 10), contains("train-labels-idx1-ubyte: is no file"));
  std::filesystem::rename(folder / "train-labels-idx1-ubyte", folder / "train-labels.idx1-ubyte.gz");
  CHECK_THROWS_WITH(load_mnist(folder.path().string(), 10),
                    contains("train-labels.idx1-ubyte.gz: is no file"));
}

TEST_CASE("LENET_DATA is searched before all other folders", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 3, 3);
  const Variable variable("LENET_DATA", folder.path().string());
  CHECK(find_mnist({}) == folder.path());
}

TEST_CASE("the real MNIST has its published checksums and counts", "[mnist][real]") {
  std::filesystem::path folder;
  try {
    folder = find_mnist({});
  } catch (const DataError&) {
    LENET_SKIP("MNIST is not on this machine");
  }
  for (const MnistFile& file : mnist_files()) {
    const auto source = ByteSource::open(find_mnist_file(folder, file).value());
    Sha256 hash;
    std::array<std::uint8_t, 65536> part{};
    while (const std::size_t got = source->read(part)) hash.update(std::as_bytes(std::span(part).first(got)));
    CHECK(hash.finish() == file.sha256);
  }
  const Dataset dataset = load_mnist({}, 5000);
  CHECK(dataset.training_split().count() == 55'000);
  CHECK(dataset.validation_split().count() == 5'000);
  CHECK(dataset.test_split().count() == 10'000);
}

TEST_CASE("classes have the names that classes.txt in the folder of the data gives them", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 30, 7);
  const std::string named = folder.path().string();
  CHECK(load_mnist(named, 10).class_names.empty());
  CHECK(load_mnist_test(named).class_names.empty());
  std::ofstream(folder / "classes.txt") << "a\nb\nc\nd\ne\nf\ng\nh\nsneaker\r\nankle boot\n\n";
  for (const ClassNames& names : {load_mnist(named, 10).class_names, load_mnist_test(named).class_names}) {
    CHECK(names.size() == 10);
    CHECK(names.of(0) == "a");
    CHECK(names.of(8) == "sneaker");
    CHECK(names.of(9) == "ankle boot");
  }
}

TEST_CASE("a classes.txt that does not name each class is refused in one line that names it", "[mnist]") {
  const TemporaryFolder folder;
  write_set(folder.path(), 30, 7);
  const auto file = folder / "classes.txt";
  const std::string nine = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
  const auto with = [&](const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
    CHECK_THROWS_AS(load_mnist_test(folder.path().string()), DataError);
    return load_mnist(folder.path().string(), 10);
  };
  CHECK_THROWS_WITH(with(nine), file.string() + ": has 9 names, expected 10: one per class and line");
  CHECK_THROWS_WITH(with(nine + "j\nk\n"), contains("classes.txt: has 11 names, expected 10"));
  CHECK_THROWS_WITH(with(""), contains("classes.txt: has 0 names"));
  CHECK_THROWS_WITH(with(nine + "\xff\n"), contains("classes.txt: line 10 is not UTF-8"));
  CHECK_THROWS_WITH(with(nine + "j\033[2J\n"), contains("classes.txt: line 10 has a control character"));
  CHECK_THROWS_WITH(with(nine + std::string(65, 'j')),
                    contains("classes.txt: line 10 is longer than 64 bytes"));
  CHECK_THROWS_WITH(with("\n" + nine), contains("classes.txt: line 1 is blank"));
  CHECK_THROWS_WITH(with(std::string(100'000, '\n')), contains("classes.txt: is larger than 64.0 KiB"));

  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  CHECK_THROWS_AS(load_mnist(folder.path().string(), 10), DataError);
  CHECK_THROWS_WITH(load_mnist(folder.path().string(), 10),
                    contains("classes.txt: is a folder, expected a file"));
  std::filesystem::remove(file);
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(load_mnist(folder.path().string(), 10), contains("classes.txt: is not a regular file"));
  std::filesystem::remove(file);
  std::filesystem::create_symlink("nowhere", file);
  CHECK_THROWS_WITH(load_mnist(folder.path().string(), 10), contains("classes.txt: cannot be opened"));
}
