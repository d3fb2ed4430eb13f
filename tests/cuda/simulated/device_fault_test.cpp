#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "engine/core/error.hpp"
#include "engine/cuda/program.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/train/trainer.hpp"
#include "models/models.hpp"
#include "tests/kernels/simulator/runtime.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_content.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/train/fake_program.hpp"
#include "tests/train/run_files.hpp"

using namespace lenet;
using namespace lenet::train;

namespace {

/// Trains on the simulated GPU in `folder`, from last.bin if it is there; several steps per launch find their
/// batches by themselves. Returns the number of runtime calls.
long train_in(const std::filesystem::path& folder, const simulator::CallFault& fault,
              std::int64_t steps_per_launch) {
  static const data::Samples samples = fake_samples(16);
  const Model model = models::make_model("regressor", {});
  const RunLength length = make_run_length(16, 4, 2, std::nullopt);
  RunInfo run{
      .model = model,
      .folder = folder,
      .options = {.steps_per_launch = steps_per_launch, .training = TrainingOptions{.batch = 4, .seed = 7}},
      .training = samples.view(),
      .validation = samples.view(),
      .run_length = length};
  if (steps_per_launch > 1) {
    const ResidentData all{samples.view().pixels, samples.view().labels};
    run.options.training->resident = run.options.training->resident_validation = all;
  }
  simulator::inject(fault);
  cuda::CudaProgram program(0, model.graph, run.options);
  io::RunState state;
  if (std::filesystem::exists(folder / "last.bin"))
    state = restore(io::load_checkpoint(folder / "last.bin", model.graph), program);
  run.resume_from(state);
  StopRequest stop;
  Trainer trainer(run, program, stop);
  add_files(trainer, folder);
  trainer.train(state);
  return simulator::calls();
}

/// Returns the error of a run with a fault, or nothing if it went on to its end.
std::string error_of(const std::filesystem::path& folder, const simulator::CallFault& fault,
                     std::int64_t steps_per_launch) {
  try {
    train_in(folder, fault, steps_per_launch);
    return "";
  } catch (const DeviceError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a GPU that fails in any call ends a run in one line, and its checkpoints stay whole",
          "[cuda][faults]") {
  simulator::use(simulator::Timing::eager);
  const std::int64_t steps = GENERATE(1, 2);
  const TemporaryFolder whole;
  const long calls = train_in(whole.path(), {}, steps);
  const auto fault = GENERATE(simulator::CallFault{.error = cudaErrorLaunchFailure},
                              simulator::CallFault{.error = cudaErrorLaunchFailure, .sticky = true},
                              simulator::CallFault{.error = cudaErrorMemoryAllocation});
  int failed = 0;
  for (long call = 1; call <= calls; call += std::max(1L, calls / 12)) {
    INFO("call " << call << " of " << calls << ", error " << fault.error << (fault.sticky ? ", sticky" : ""));
    const TemporaryFolder folder;
    const std::clock_t began =
        std::clock();  // of this process: other programs take their share of the wall's
    const std::string error = error_of(folder.path(), {call, fault.error, fault.sticky}, steps);
    CHECK(std::clock() - began < 5 * CLOCKS_PER_SEC);
    CHECK(error.find('\n') == std::string::npos);
    if (!error.empty())
      CHECK((error.find("--no-cuda-graph under compute-sanitizer") != std::string::npos) ==
            (fault.error == cudaErrorLaunchFailure));
    failed += !error.empty();
    simulator::inject({});
    train_in(folder.path(), {}, steps);
    for (const char* name : {"best.bin", "last.bin", "metrics.csv"})
      CHECK(run_content(folder / name) == run_content(whole / name));
  }
  CHECK(failed > 6);
}

TEST_CASE("a library that fails after a kernel broke is reported with the kernel's error", "[cuda][faults]") {
  simulator::inject({});
  CHECK(cuda::broken_kernel().empty());
  simulator::inject({1, cudaErrorMemoryAllocation, true});
  CHECK(cuda::broken_kernel().empty());
  simulator::inject({1, cudaErrorLaunchFailure, true});
  CHECK_THAT(cuda::broken_kernel(),
             contains("unspecified launch failure") && contains("--no-cuda-graph under compute-sanitizer"));
  simulator::inject({});
}
