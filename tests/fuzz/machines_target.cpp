// machine.json, which lenet_report and resumed runs read.
#include <string>

#include "tests/fuzz/targets.hpp"
#include "tools/cli/training_machines.hpp"

namespace lenet::fuzz {

void run_machines(Bytes bytes) {
  const auto machines = cli::parse_machines(text_of(bytes));
  if (!machines) return;
  demand(!machines->empty(), "a record without machines is accepted");
  std::int64_t last = -1;
  for (const cli::TrainingMachine& machine : *machines) {
    demand(machine.from_step > last, "the steps do not grow");
    last = machine.from_step;
  }
}

std::vector<std::string> machines_seeds() {
  const std::string first =
      R"({"from_step":0,"device":"cpu","description":"AMD EPYC 9654, 2 threads, AVX-512","on_host":true,)"
      R"("system":"Linux 6.1.0, x86_64","program":"lenet 0.2.0"})";
  const std::string second =
      R"({"from_step":1100,"device":"cuda:0","description":"NVIDIA H200","on_host":false,"system":"","program":""})";
  return {R"({"machines":[)" + first + "]}", R"({"machines":[)" + first + "," + second + "]}"};
}

}  // namespace lenet::fuzz
