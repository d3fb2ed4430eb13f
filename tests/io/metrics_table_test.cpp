#include "engine/io/metrics_table.hpp"

#include <fstream>
#include <string>

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::io;

namespace {

const std::string kHeader = std::string(kMetricsHeader) + "\n";

struct MetricsFile {
  std::vector<MetricsRow> read(const std::string& text) const {
    std::ofstream(folder / "metrics.csv", std::ios::binary) << text;
    return read_metrics(folder / "metrics.csv");
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE_METHOD(MetricsFile, "metrics are read to the last digit", "[metrics_table]") {
  const auto rows = read(kHeader + "1,1100,0.1,0.9,0.30000000000000004,0.95,0.0001\n2,2200,0,1,1e-3,1,0.1\n");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].epoch == 1);
  CHECK(rows[0].step == 1100);
  CHECK(rows[0].val_loss == 0.30000000000000004);
  CHECK(rows[1].val_loss == 1e-3);
  CHECK(rows[1].learning_rate == 0.1);
}

TEST_CASE_METHOD(MetricsFile, "the best row is the first of the lowest validation loss", "[metrics_table]") {
  const auto rows =
      read(kHeader + "1,1,0,0,0.5,0,0\n2,2,0,0,0.25,0.1,0\n3,3,0,0,0.25,0.9,0\n4,4,0,0,0.3,1,0\n");
  CHECK(best_row(rows).epoch == 2);
}

TEST_CASE_METHOD(MetricsFile, "anything but a complete metrics.csv is refused in one line with the position",
                 "[metrics_table]") {
  const std::string row = "1,1,0,0,0.5,0,0\n";
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"", "metrics.csv: has no rows yet"},
      {kHeader, "metrics.csv: has no rows yet"},
      {"a,b\n1,2\n", "metrics.csv:1: is no metrics.csv, expected 'epoch,step,"},
      {kHeader.substr(0, 20), "metrics.csv:1: is no metrics.csv"},
      {kHeader.substr(0, kHeader.size() - 1), "metrics.csv:1: the last row is cut off"},
      {kHeader + row + "2,2,0,0,0.", "metrics.csv:3: the last row is cut off"},
      {kHeader + row + "2,2,0,0,0.5,0,0", "metrics.csv:3: the last row is cut off"},
      {kHeader + row + "2,2,0,0,0.5,0\n", "metrics.csv:3: expected 7 finite numbers"},
      {kHeader + row + "2,2,0,0,0.5,0,0,0\n", "metrics.csv:3: expected 7 finite numbers"},
      {kHeader + row + "\n", "metrics.csv:3: expected 7 finite numbers"},
      {kHeader + "1,1,0,0,nan,0,0\n", "metrics.csv:2: expected 7 finite numbers"},
      {kHeader + "1,1,inf,0,0,0,0\n", "metrics.csv:2: expected 7 finite numbers"},
      {kHeader + "1,1,0,0,0.5x,0,0\n", "metrics.csv:2: expected 7 finite numbers"},
      {kHeader + "1.5,1,0,0,0.5,0,0\n", "metrics.csv:2: expected 7 finite numbers"},
      {kHeader + row + row, "metrics.csv:3: the step does not grow"},
  };
  for (const Case& bad : cases) {
    INFO(bad.text);
    CHECK_THROWS_AS(read(bad.text), DataError);
    CHECK_THROWS_WITH(read(bad.text), contains(bad.message));
  }
  CHECK_THROWS_AS(read_metrics(folder / "missing.csv"), IoError);
  CHECK_THROWS_WITH(read_metrics(folder.path()), contains("is a folder, expected a file"));
}
