#include "engine/io/metrics_table.hpp"

#include <fstream>
#include <string>

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/warnings.hpp"

using namespace lenet;
using namespace lenet::io;

namespace {

const std::string kHeader = std::string(kMetricsHeader) + "\n";
const std::string kEarlierHeader = std::string(kEarlierMetricsHeader) + "\n";

struct MetricsFile {
  std::vector<MetricsRow> read(const std::string& text) const {
    std::ofstream(folder / "metrics.csv", std::ios::binary) << text;
    return read_metrics(folder / "metrics.csv");
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE_METHOD(MetricsFile, "metrics are read to the last digit", "[metrics_table]") {
  const auto rows =
      read(kHeader + "1,1100,0.1,0.9,0.30000000000000004,0.95,0.0001,12.345\n2,2200,0,1,1e-3,1,0.1,\n");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].epoch == 1);
  CHECK(rows[0].step == 1100);
  CHECK(rows[0].val_loss == 0.30000000000000004);
  CHECK(rows[0].seconds == 12.345);
  CHECK(rows[1].val_loss == 1e-3);
  CHECK(rows[1].learning_rate == 0.1);
  CHECK_FALSE(rows[1].has_time());
  CHECK_FALSE(rows[0].by_steps);
}

TEST_CASE_METHOD(MetricsFile, "epochs of a run counted in steps have decimals", "[metrics_table]") {
  const auto rows = read(kHeader + "0.500000,275,1,0,1,0,1,1\n1.000000,550,1,0,1,0,1,2\n");
  CHECK(rows[0].epoch == 0.5);
  CHECK((rows[0].by_steps && rows[1].by_steps));
  CHECK(epoch_text(1, true) == "1.000000");
  CHECK(epoch_text(1.818182, true) == "1.818182");
  CHECK(epoch_text(18, false) == "18");
}

TEST_CASE_METHOD(MetricsFile, "a run without validation images has empty cells, and its last row is its best",
                 "[metrics_table]") {
  const auto rows = read(kHeader + "1,1,0.5,0.25,,,0.1,1\n2,2,0.75,0.5,,,0.1,2\n");
  REQUIRE(rows.size() == 2);
  CHECK_FALSE(rows[1].has_validation());
  CHECK(rows[1].loss == 0.75);
  CHECK(best_row(rows).epoch == 2);
}

TEST_CASE_METHOD(MetricsFile, "files of earlier versions are read, with the unit that their rows show",
                 "[metrics_table]") {
  const auto epochs = read(kEarlierHeader + "1,550,0.5,0.5,0.5,0.5,0.1\n2,1100,0.4,0.5,0.4,0.5,0.1\n");
  REQUIRE(epochs.size() == 2);
  CHECK(epochs[1].epoch == 2);
  CHECK(epochs[1].val_loss == 0.4);
  CHECK_FALSE(epochs[1].has_time());
  CHECK_FALSE(epochs[1].by_steps);
  // They held the epochs begun: 1,000 steps of 550 per epoch were "2", and an epoch could be there twice.
  for (const char* steps : {"2,1000,1,0,1,0,1\n", "2,1000,1,0,1,0,1\n4,2000,1,0,1,0,1\n",
                            "1,1000,1,0,1,0,1\n1,1100,1,0,1,0,1\n"}) {
    const auto rows = read(kEarlierHeader + steps);
    CHECK(rows.back().by_steps);
    CHECK(rows.back().epoch != rows.back().epoch);
  }
}

TEST_CASE_METHOD(MetricsFile, "the best row is the first of the lowest validation loss", "[metrics_table]") {
  const auto rows =
      read(kHeader + "1,1,0,0,0.5,0,0,1\n2,2,0,0,0.25,0.1,0,2\n3,3,0,0,0.25,0.9,0,3\n4,4,0,0,0.3,1,0,4\n");
  CHECK(best_row(rows).epoch == 2);
}

TEST_CASE_METHOD(MetricsFile, "a last row that is cut off is left out, and said", "[metrics_table]") {
  const std::string row = "1,1,0,0,0.5,0,0,1\n";
  const std::string next = "2,2,0,0,0.25,0,0,2";
  for (std::size_t kept = 1; kept <= next.size(); ++kept) {
    const Warnings warnings;
    INFO(next.substr(0, kept));
    const auto rows = read(kHeader + row + next.substr(0, kept));
    CHECK(rows.size() == 1);
    REQUIRE(warnings.lines.size() == 1);
    CHECK_THAT(warnings.lines[0], contains("metrics.csv:3: leaving out the row, which is cut off"));
  }
}

TEST_CASE_METHOD(MetricsFile, "anything but a complete metrics.csv is refused in one line with the position",
                 "[metrics_table]") {
  const std::string row = "1,1,0,0,0.5,0,0,1\n";
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"", "metrics.csv: has no rows yet"},
      {kHeader, "metrics.csv: has no rows yet"},
      {kEarlierHeader, "metrics.csv: has no rows yet"},
      {"a,b\n1,2\n", "metrics.csv:1: is no metrics.csv, expected 'epoch,step,"},
      {kHeader.substr(0, 20), "metrics.csv:1: is no metrics.csv"},
      {kHeader.substr(0, kHeader.size() - 1), "metrics.csv: has no rows yet"},
      {kHeader + "1,1,0,0,0.5", "metrics.csv: has no rows yet"},
      {kHeader + "1,1,0\n2,2,0,0,0.", "metrics.csv:2: expected 8 finite numbers"},
      {kHeader + row + "2,2,0,0,0.5,0,0\n", "metrics.csv:3: expected 8 finite numbers"},
      {kHeader + row + "2,2,0,0,0.5,0,0,1,0\n", "metrics.csv:3: expected 8 finite numbers"},
      {kHeader + row + "\n", "metrics.csv:3: expected 8 finite numbers"},
      {kHeader + "1,1,0,0,nan,0,0,1\n", "metrics.csv:2: expected 8 finite numbers"},
      {kHeader + "1,1,0,0,0.5,,0,1\n", "metrics.csv:2: expected 8 finite numbers"},
      {kHeader + "1,1,,0,0.5,0,0,1\n", "metrics.csv:2: expected 8 finite numbers"},
      {kHeader + "1,1,0,0,0.5,0,0,inf\n", "metrics.csv:2: expected 8 finite numbers"},
      {kHeader + "1,1,inf,0,0,0,0,1\n", "metrics.csv:2: expected 8 finite numbers"},
      {kHeader + "1,1,0,0,0.5x,0,0,1\n", "metrics.csv:2: expected 8 finite numbers"},
      {kHeader + "1,1.5,0,0,0.5,0,0,1\n", "metrics.csv:2: expected 8 finite numbers"},
      {kEarlierHeader + row, "metrics.csv:2: expected 7 finite numbers"},
      {kEarlierHeader + "1.5,1,0,0,0.5,0,0\n", "metrics.csv:2: expected 7 finite numbers"},
      {kEarlierHeader + "1,1,0,0,,,0\n", "metrics.csv:2: expected 7 finite numbers"},
      {kHeader + row + row, "metrics.csv:3: the step does not grow"},
      {kHeader + row + "2,2,0,0,,,0,1\n", "metrics.csv:3: some rows have validation figures, others none"},
  };
  for (const Case& bad : cases) {
    INFO(bad.text);
    CHECK_THROWS_AS(read(bad.text), DataError);
    CHECK_THROWS_WITH(read(bad.text), contains(bad.message));
  }
  CHECK_THROWS_AS(read_metrics(folder / "missing.csv"), IoError);
  CHECK_THROWS_WITH(read_metrics(folder.path()), contains("is a folder, expected a file"));
}
