#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/io/checkpoint.hpp"
#include "engine/io/safetensors.hpp"
#include "tests/io/some_checkpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::io;

TEST_CASE("a file that belongs to another graph is refused with the tensor that does not fit",
          "[checkpoint]") {
  const TemporaryFolder folder;
  save_checkpoint(folder / "best.bin", small_graph(), some_checkpoint(small_graph()));
  const auto load_as = [&](const Graph& graph) { return load_checkpoint(folder / "best.bin", graph); };

  Graph wider(Image{.channels = 1, .height = 4, .width = 4});
  wider.add("conv1", Conv2d{.filters = 2, .kernel = 3, .padding = Padding::same});
  wider.add(Flatten{}).add("fc1", Linear{.units = 5});
  CHECK_THROWS_WITH(load_as(wider),
                    contains("best.bin") && contains("'fc1.weight' has shape 3×32, expected 5×32"));

  Graph deeper = small_graph();
  deeper.add("fc2", Linear{.units = 2});
  CHECK_THROWS_WITH(load_as(deeper), contains("'fc2.weight' of model 'cnn' is missing"));

  Graph shallower(Image{.channels = 1, .height = 4, .width = 4});
  shallower.add("conv1", Conv2d{.filters = 2, .kernel = 3, .padding = Padding::same});
  CHECK_THROWS_WITH(load_as(shallower),
                    contains("has tensors that are not in model 'cnn': 'fc1.weight' and 'fc1.bias'"));
}

TEST_CASE("a file that is no checkpoint is refused in one line that names it", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  const auto path = folder / "best.bin";
  const auto load = [&] { return load_checkpoint(path, graph); };

  CHECK_THROWS_AS(load(), IoError);
  CHECK_THROWS_WITH(load(), contains("best.bin: cannot be opened: No such file"));
  std::filesystem::create_directory(path);
  CHECK_THROWS_WITH(load(), contains("is a folder, expected a file"));
  std::filesystem::remove(path);
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(load(), contains("not a regular file"));
  std::filesystem::remove(path);

  write_all(path, "");
  CHECK_THROWS_WITH(load(), contains("too few for a safetensors file"));
  write_all(path, "<!DOCTYPE html><html><body>Not found</body></html>");
  CHECK_THROWS_AS(load(), CheckpointError);
  CHECK_THROWS_WITH(load(),
                    contains("is no safetensors file of weights, or was cut off: it declares a header of"));
  write_all(path, std::string("\x02\0\0\0\0\0\0\0{}", 10));
  CHECK_THROWS_WITH(load(), contains("'model' is missing from the metadata"));
}

TEST_CASE("metadata that cannot be parsed is refused", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  save_checkpoint(folder / "good.bin", graph, some_training_checkpoint(graph));
  const std::string good = read_all(folder / "good.bin");
  const auto load_with = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    const std::size_t at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    bytes.replace(at, from.size(), to);
    write_all(folder / "bad.bin", bytes);
    return load_checkpoint(folder / "bad.bin", graph);
  };
  CHECK_THROWS_WITH(load_with(R"("step":"3300")", R"("step":"33x0")"),
                    contains("'step' in the metadata is not a number"));
  CHECK_THROWS_WITH(load_with(R"("step":"3300")", R"("step":"-330")"),
                    contains("'step' in the metadata is negative"));
  CHECK_THROWS_WITH(load_with(R"("seed":)", R"("sead":)"), contains("'seed' is missing"));
  CHECK_THROWS_WITH(load_with(R"("digest":")", R"("digesu":")"), contains("'digest' is missing"));
  CHECK_THROWS_WITH(load_with(R"("training.moments":"2")", R"("training.moments":"1")"),
                    contains("has tensors that are not in model 'cnn': 'optimizer.1.conv1.weight'"));
  CHECK_THROWS_WITH(load_with(R"("training.moments":"2")", R"("training.moments":"3")"),
                    contains("'optimizer.2.conv1.weight' of model 'cnn' is missing"));
  CHECK_THROWS_WITH(load_with(R"("training.moments":"2","training.reports")",
                              R"("training.moments":"20000000","x.reports")"),
                    contains("'training.moments' is 20000000, but the file has 12 tensors"));
}

TEST_CASE("names of classes that a classes.txt could not have are refused in weights, too", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  const auto load_with = [&](std::vector<std::string> names) {
    Checkpoint checkpoint = some_checkpoint(graph);
    checkpoint.info.class_names = ClassNames(std::move(names));
    save_checkpoint(folder / "best.bin", graph, checkpoint);
    return load_checkpoint(folder / "best.bin", graph);
  };
  CHECK(load_with({"a", "b", "c"}).info.class_names.of(2) == "c");
  CHECK_THROWS_AS(load_with({"a", "b"}), CheckpointError);
  CHECK_THROWS_WITH(load_with({"a", "b"}), contains("best.bin: has names of 2 classes, expected 3"));
  CHECK_THROWS_WITH(load_with({"a", "b", "c", "d"}), contains("has names of 4 classes, expected 3"));
  CHECK_THROWS_AS(load_with({"a", "\033]0;title\a", "c"}), CheckpointError);
  CHECK_THROWS_WITH(load_with({"a", "\033]0;title\a", "c"}),
                    contains("best.bin: 'class_names' in the metadata: line 2 has a control character"));
  CHECK_THROWS_WITH(load_with({"a", "b", std::string(65, 'c')}), contains("line 3 is longer than 64 bytes"));
  CHECK_THROWS_WITH(load_with({"a", "a", "c"}), contains("line 2 has the name of line 1 again"));
  CHECK_THROWS_AS(read_checkpoint_info(folder / "best.bin"), CheckpointError);
}

TEST_CASE("no changed, missing or added byte of a checkpoint goes unnoticed", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  const Checkpoint written = some_training_checkpoint(graph);
  save_checkpoint(folder / "good.bin", graph, written);
  const std::string good = read_all(folder / "good.bin");
  RandomSequence random(2024, RandomStream::pick_samples, 0);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = good;
    const auto at = random.below(static_cast<std::uint32_t>(bytes.size()));
    switch (random.below(3)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 1:
        bytes.erase(at, 1 + random.below(9));
        break;
      default:
        bytes.insert(at, 1 + random.below(9), static_cast<char>(random.below(256)));
        break;
    }
    write_all(folder / "bad.bin", bytes);
    INFO("round " << round << ", byte " << at);
    try {
      // Only what means nothing may change: the padding, and the mark of PyTorch's writer.
      save_checkpoint(folder / "again.bin", graph, load_checkpoint(folder / "bad.bin", graph));
      REQUIRE(read_all(folder / "again.bin") == good);
    } catch (const CheckpointError&) {
    }
  }
}

TEST_CASE("every figure of a checkpoint is believed only as it was written", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  save_checkpoint(folder / "good.bin", graph, some_training_checkpoint(graph));
  const std::string good = read_all(folder / "good.bin");
  const std::map<std::string, std::string> metadata =
      SafetensorsReader(folder / "good.bin").header().metadata;
  for (const auto& [key, value] : metadata) {
    if (key == "format") continue;
    // The last letter or digit becomes another one.
    std::string entry = nlohmann::json(key).dump() + ":" + nlohmann::json(value).dump();
    entry.pop_back();
    std::string bytes = good;
    const std::size_t at = bytes.find(entry);
    REQUIRE(at != std::string::npos);
    char& last = bytes[at + entry.size() - 1];
    last = last == '1' ? '2' : '1';
    write_all(folder / "bad.bin", bytes);
    INFO(entry);
    CHECK_THROWS_AS(load_checkpoint(folder / "bad.bin", graph), CheckpointError);
  }
}
