#include "engine/io/checkpoint_writer.hpp"

#include <filesystem>

#include "engine/core/error.hpp"
#include "tests/io/some_checkpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::io;

TEST_CASE("a writer's files are whole and written in order", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  Checkpoint checkpoint = some_checkpoint(graph);
  CheckpointWriter writer;
  for (checkpoint.info.step = 1; checkpoint.info.step <= 20; ++checkpoint.info.step)
    writer.write(folder / "best.bin", graph, checkpoint);
  writer.wait();
  CHECK(load_checkpoint(folder / "best.bin", graph).info.step == 20);
  CHECK(load_checkpoint(folder / "best.bin", graph).parameters == checkpoint.parameters);
}

TEST_CASE("the destructor of a writer waits for its file", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  CheckpointWriter().write(folder / "best.bin", graph, some_checkpoint(graph));
  CHECK(load_checkpoint(folder / "best.bin", graph).parameters == some_checkpoint(graph).parameters);
}

TEST_CASE("the next write or wait throws the error of a file that could not be written, once",
          "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  CheckpointWriter writer;
  const auto fail = [&] { writer.write(folder / "missing" / "best.bin", graph, some_checkpoint(graph)); };
  fail();
  CHECK_THROWS_AS(writer.wait(), IoError);
  CHECK_NOTHROW(writer.wait());
  fail();
  CHECK_THROWS_AS(writer.write(folder / "best.bin", graph, some_checkpoint(graph)), IoError);
  CHECK_FALSE(std::filesystem::exists(folder / "best.bin"));
}
