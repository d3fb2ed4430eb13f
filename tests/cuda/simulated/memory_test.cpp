#include <limits>

#include "engine/core/error.hpp"
#include "engine/cuda/program.hpp"
#include "models/models.hpp"
#include "tests/kernels/simulator/runtime.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

namespace {

/// A GPU with this much memory, for a scope.
class SmallDevice {
 public:
  explicit SmallDevice(std::size_t bytes) { simulator::set_device_memory(bytes); }
  ~SmallDevice() { simulator::set_device_memory(std::numeric_limits<std::size_t>::max()); }
  SmallDevice(const SmallDevice&) = delete;
  SmallDevice& operator=(const SmallDevice&) = delete;
};

}  // namespace

TEST_CASE("a GPU without enough memory gives one line with the purpose and what is left", "[cuda]") {
  const SmallDevice device(40'000'000);
  try {
    cuda::CudaProgram program(0, models::make_model("cnn", {}).graph,
                              {.training = TrainingOptions{.batch = 50}});
    FAIL("the CNN fits into 40 MB");
  } catch (const DeviceError& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK_THAT(text, contains("out of memory"));
    CHECK_THAT(text, contains("in use so far"));
    CHECK_THAT(text, contains("moments"));
    CHECK_THAT(text, contains("--batch"));
    CHECK(text.find('\n') == std::string::npos);
  }
}

TEST_CASE("a Program gives all of its memory back", "[cuda]") {
  const std::size_t before = simulator::device_memory_in_use();
  {
    cuda::CudaProgram program(0, models::make_model("mlp", {}).graph,
                              {.training = TrainingOptions{.batch = 50}});
    CHECK(simulator::device_memory_in_use() > before);
  }
  CHECK(simulator::device_memory_in_use() == before);
}
