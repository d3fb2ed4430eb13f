// metrics.csv, which lenet_plot and resumed runs read.
#include <cmath>
#include <string>

#include "engine/core/error.hpp"
#include "engine/io/metrics_table.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "tests/fuzz/targets.hpp"

namespace lenet::fuzz {

void run_metrics(Bytes bytes) {
  static MemoryFile file;
  io::parse_metrics_row(text_of(bytes));
  file.set(bytes);
  try {
    const std::vector<io::MetricsRow> rows = io::read_metrics(file.path());
    demand(!rows.empty(), "there is no row");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      demand(i == 0 || rows[i].step > rows[i - 1].step, "steps do not grow");
      demand(std::isfinite(rows[i].loss) && std::isfinite(rows[i].learning_rate), "a number is not finite");
      if (rows[i].has_validation())
        demand(io::best_row(rows).val_loss <= rows[i].val_loss, "the best row is not the best");
    }
  } catch (const DataError&) {
  }
}

std::vector<std::string> metrics_seeds() {
  const std::string header = std::string(io::kMetricsHeader) + '\n';
  const std::string earlier = std::string(io::kEarlierMetricsHeader) + '\n';
  const std::string earlier_row = "1,100,0.5,0.75,0.25,0.875,0.001\n";
  const std::string row = "1,100,0.5,0.75,0.25,0.875,0.001,0.25\n";
  return {row,
          header,
          header + row,
          header + row + "2,200,1e-3,1,-0.25,0,5e-324,\n",
          header + row + "3,30",
          header + "1.818182,1000,0.5,0.75,,,0.001,2\n",
          earlier + earlier_row,
          earlier + earlier_row + "3,1000,0.5,0.75,0.25,0.875,0.001\n"};
}

}  // namespace lenet::fuzz
