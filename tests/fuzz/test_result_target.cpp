// evaluation.json, which lenet_runs reads.
#include <cmath>
#include <string>

#include "tests/fuzz/targets.hpp"
#include "tools/cli/test_result.hpp"

namespace lenet::fuzz {

void run_test_result(Bytes bytes) {
  const auto result = cli::parse_test_result(text_of(bytes), "d1");
  if (!result) return;
  demand(result->accuracy() >= 0 && result->accuracy() <= 1, "the accuracy is no share");
  demand(std::isfinite(result->loss), "the loss is not finite");
  demand(!cli::parse_test_result(text_of(bytes), "d2"), "a result belongs to two files of weights");
}

std::vector<std::string> test_result_seeds() {
  return {R"({"digest":"d1","count":10000,"correct":9916,"loss":0.0261})",
          R"({"digest":"d1","model":"cnn","split":"test","count":2,"correct":1,"accuracy":0.5,"loss":1e-3,)"
          R"("confusion":[[1,0],[1,0]],"data":"/data","device":"cpu"})",
          R"({"digest":"d2","count":1,"correct":1,"loss":0})"};
}

}  // namespace lenet::fuzz
