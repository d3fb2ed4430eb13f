#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <ranges>
#include <regex>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/tensorboard/event_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::tensorboard;

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string masked_crc_at_the_end(const std::string& record) {
  const std::string framed = framed_record(record);
  return framed.substr(framed.size() - 4);
}

/// Limits the size of the files of this process as long as the object exists.
class LargestFile {
 public:
  explicit LargestFile(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LargestFile() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  LargestFile(const LargestFile&) = delete;
  LargestFile& operator=(const LargestFile&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a record is framed as TensorFlow frames it", "[events]") {
  // Computed by TensorBoard's own masked_crc32c.
  const std::string expected(
      "\x09\0\0\0\0\0\0\0"
      "\x37\xf9\x71\x39"
      "123456789"
      "\xe5\xb0\x8a\xc7",
      25);
  CHECK(framed_record("123456789") == expected);
}

TEST_CASE("the checksum is CRC-32C, masked", "[events]") {
  // Test vectors of RFC 3720, B.4: 0x8a9136aa of 32 zeros, 0x46dd794e of 0 to 31.
  std::string rising(32, '\0');
  std::iota(rising.begin(), rising.end(), '\0');
  const auto masked = [](std::uint32_t crc) {
    const std::uint32_t number = (crc >> 15 | crc << 17) + 0xa282ead8U;
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
  };
  CHECK(masked_crc_at_the_end(std::string(32, '\0')) == masked(0x8a9136aa));
  CHECK(masked_crc_at_the_end(rising) == masked(0x46dd794e));
}

TEST_CASE("a file that is cut anywhere is readable up to the record that the cut tore", "[events]") {
  const std::vector<std::string> records = {"first", "", std::string(300, 'x')};
  std::string bytes;
  std::vector<std::size_t> ends;
  for (const std::string& record : records) {
    bytes += framed_record(record);
    ends.push_back(bytes.size());
  }
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string cut = bytes.substr(0, length);
    const auto whole = whole_records(cut);
    CHECK(std::ssize(whole) == std::ranges::count_if(ends, [&](std::size_t end) { return end <= length; }));
    CHECK(std::ranges::equal(whole, records | std::views::take(std::ssize(whole))));
  }
}

TEST_CASE("a damaged byte ends a file's records, wherever it is", "[events]") {
  const std::string good = framed_record("first");
  const std::string next = framed_record("second");
  for (std::size_t i = 0; i < next.size(); ++i) {
    std::string bytes = good + next;
    bytes[good.size() + i] = static_cast<char>(bytes[good.size() + i] ^ 0x40);
    CHECK(whole_records(bytes) == std::vector<std::string_view>{"first"});
  }
}

TEST_CASE("a new file sorts after the existing ones, even within one second", "[events]") {
  const TemporaryFolder folder;
  for (int i = 0; i < 12; ++i) {
    EventFile(folder / "train").write(0, {{"loss" + std::to_string(i), Scalar{0.5}}});
    const auto files = files_in(folder / "train");
    REQUIRE(std::ssize(files) == i + 1);
    const std::regex name(R"(events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+)");
    CHECK(std::regex_match(files.back().filename().string(), name));
    // Each file has a later step than the one before only if the new file sorts last.
    const std::string bytes = lenet::read_all(files.back());
    const auto records = whole_records(bytes);
    REQUIRE(records.size() == 2);
    CHECK_THAT(std::string(records[1]), contains("loss" + std::to_string(i)));
  }
}

TEST_CASE("events that are not kept are removed with all after them, and so is a torn end", "[events]") {
  const TemporaryFolder folder;
  {
    EventFile first(folder.path());
    for (int step = 0; step < 5; ++step) first.write(step, {{"loss", Scalar{1}}, {"accuracy", Scalar{0}}});
    EventFile second(folder.path());
    for (int step = 5; step < 9; ++step) second.write(step, {{"loss", Scalar{1}}});
  }
  const auto files = files_in(folder.path());
  const std::string first = lenet::read_all(files[0]);
  std::ofstream(files[0], std::ios::app) << "torn";
  cut_event_files(folder.path(), [](std::int64_t step, std::string_view tag) {
    CHECK((tag == "loss" || tag == "accuracy"));
    return step < 7;
  });
  CHECK(lenet::read_all(files[0]) == first);
  CHECK(whole_records(lenet::read_all(files[1])).size() == 3);  // the version, steps 5 and 6

  std::ofstream(folder / "metrics.csv") << "kept";
  std::ofstream(files[0], std::ios::trunc) << std::string(100, '\0');  // never reached the disk
  std::filesystem::create_directory(folder / "events.out.tfevents.1.folder");
  cut_event_files(folder.path(), [](std::int64_t, std::string_view) { return true; });
  CHECK(event_files(folder.path()) == std::vector<fs::path>{files[1]});
  CHECK_NOTHROW(cut_event_files(folder / "none", [](std::int64_t, std::string_view) { return true; }));
  CHECK(event_files(folder / "none").empty());
}

TEST_CASE("records of any number are kept, and a file of any size costs little memory and time", "[events]") {
  const TemporaryFolder folder;
  {
    EventFile file(folder.path());
    const std::string text(1 << 20, 'x');
    for (int step = 0; step < 11; ++step) file.write(step, {{text, Scalar{1}}});
  }
  const fs::path path = files_in(folder.path())[0];
  const auto whole = fs::file_size(path);
  fs::resize_file(path, std::uintmax_t{1} << 40);  // with a hole of a terabyte at its end
  cut_event_files(folder.path(), [](std::int64_t, std::string_view) { return true; });
  CHECK(fs::file_size(path) == whole);
}

TEST_CASE("a folder that cannot be written to gives an error of one line", "[events]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "no folder";
  CHECK_THROWS_AS(EventFile(folder / "file" / "train"), IoError);
  CHECK_THROWS_WITH(EventFile(folder / "file" / "train"),
                    contains((folder / "file").string()) && contains("cannot be") && !contains("\n"));
}

TEST_CASE("a file that cannot grow gives an error of one line and stays readable", "[events]") {
  const TemporaryFolder folder;
  RecordFile file(folder / "events");
  file.append("first");
  const LargestFile limit(30);
  CHECK_THROWS_WITH(file.append("second"),
                    contains("events: cannot be written: File too large") && !contains("\n"));
  CHECK(whole_records(lenet::read_all(folder / "events")) == std::vector<std::string_view>{"first"});
}
