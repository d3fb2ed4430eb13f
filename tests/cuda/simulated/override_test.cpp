#include <cstdlib>

#include "engine/cuda/program.hpp"
#include "models/models.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/warnings.hpp"

using namespace lenet;

TEST_CASE("a variable that turns TF32 off is said where TF32 was asked for", "[cuda]") {
  const Warnings warnings;
  const auto compile = [](Precision precision) {
    cuda::CudaProgram program(0, models::make_model("regressor", {}).graph, {.precision = precision});
  };
  setenv("NVIDIA_TF32_OVERRIDE", "0", 1);
  compile(Precision::fp32);
  CHECK(warnings.lines.empty());
  compile(Precision::tf32);
  REQUIRE(warnings.lines.size() == 1);
  CHECK_THAT(warnings.lines[0], contains("NVIDIA_TF32_OVERRIDE=0"));
  unsetenv("NVIDIA_TF32_OVERRIDE");
  compile(Precision::tf32);
  CHECK(warnings.lines.size() == 1);
}
