#include "tests/rooms/rooms.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"

using namespace lenet::rooms;
namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 5> kRoots = {"data", "engine", "kernels", "models", "tools"};
constexpr std::array<std::string_view, 6> kExtensions = {".c", ".cpp", ".cu", ".cuh", ".h", ".hpp"};

std::vector<Room> rooms_of_readme() {
  return parse_rooms(lenet::read_all(fs::path(LENET_SOURCE_DIR) / "README.md"));
}

std::vector<Source> all_sources() {
  const fs::path top = LENET_SOURCE_DIR;
  std::vector<Source> sources;
  for (const std::string_view root : kRoots)
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top / root))
      if (std::ranges::find(kExtensions, entry.path().extension().string()) != kExtensions.end())
        sources.push_back({.path = entry.path().lexically_relative(top).generic_string(),
                           .text = lenet::read_all(entry.path())});
  return sources;
}

/// A small tree: a trainer above a core, and a program above both.
constexpr const char* kTable = R"(Some text.

| folder | holds | may include | libraries |
|---|---|---|---|
| `engine/core/` | shapes | nothing | none |
| `engine/math/` | formulas | core | none |
| `engine/train/` | the trainer | core, math (not launch_ or .cuh) | zlib |
| `engine/train/board/` | charts | core, train | protobuf |
| `tools/` | programs | everything | none |

More text.
)";

/// A tree that keeps to the table.
std::vector<Source> tidy_tree() {
  return {
      {"engine/core/shape.hpp", "#pragma once\n#include <vector>\n"},
      {"engine/math/adam.hpp", "#include \"engine/core/shape.hpp\"\n"},
      {"engine/train/trainer.cpp",
       "#include <unistd.h>\n#include <zlib.h>\n\n#include \"engine/math/adam.hpp\"\n"
       "#  include \"engine/train/trainer.hpp\"\n"},
      {"engine/train/board/charts.cpp",
       "#include \"engine/train/board/chart.pb.h\"\n#include \"engine/train/trainer.hpp\"\n"},
      {"tools/train.cpp", "#include \"engine/train/board/charts.hpp\"\n"},
  };
}

std::vector<std::string> violations_with(const Source& planted) {
  std::vector<Source> sources = tidy_tree();
  sources.push_back(planted);
  return find_violations(parse_rooms(kTable), sources);
}

}  // namespace

TEST_CASE("every include keeps to the README's table of rooms", "[rooms]") {
  const std::vector<Source> sources = all_sources();
  CHECK(sources.size() >= 200);
  for (const std::string& violation : find_violations(rooms_of_readme(), sources)) FAIL_CHECK(violation);
}

TEST_CASE("no rooms include each other in a circle", "[rooms]") {
  CHECK(find_cycle(rooms_of_readme(), all_sources()).empty());
}

TEST_CASE("every room in the README is there", "[rooms]") {
  for (const Room& room : rooms_of_readme()) {
    INFO(room.folder);
    CHECK(fs::exists(fs::path(LENET_SOURCE_DIR) / room.folder));
  }
}

TEST_CASE("a tree that keeps to its table has no violations", "[rooms]") {
  CHECK(find_violations(parse_rooms(kTable), tidy_tree()).empty());
  CHECK(find_cycle(parse_rooms(kTable), tidy_tree()).empty());
}

TEST_CASE("a violation that is planted is found", "[rooms]") {
  using Lines = std::vector<std::string>;
  CHECK(violations_with({"engine/core/text.cpp", "#include \"engine/train/trainer.hpp\"\n"}) ==
        Lines{"engine/core/text.cpp includes engine/train/trainer.hpp: engine/core may not include this from "
              "engine/train"});
  CHECK(
      violations_with({"engine/train/csv.cpp", "#include \"engine/math/launch_adam.hpp\"\n"}) ==
      Lines{
          "engine/train/csv.cpp includes engine/math/launch_adam.hpp: engine/train may not include this from "
          "engine/math"});
  CHECK(violations_with({"engine/train/csv.cpp", "#include \"engine/math/adam.cuh\"\n"}) ==
        Lines{"engine/train/csv.cpp includes engine/math/adam.cuh: engine/train may not include this from "
              "engine/math"});
  CHECK(
      violations_with({"engine/train/csv.cpp", "#include \"engine/train/board/charts.hpp\"\n"}) ==
      Lines{"engine/train/csv.cpp includes engine/train/board/charts.hpp: engine/train may not include this "
            "from engine/train/board"});
  CHECK(violations_with({"engine/core/crc.cpp", "#include <zlib.h>\n"}) ==
        Lines{"engine/core/crc.cpp includes zlib.h: engine/core does not list zlib"});
  CHECK(violations_with({"tools/show.cpp", "#include \"engine/train/board/chart.pb.h\"\n"}) ==
        Lines{"tools/show.cpp includes engine/train/board/chart.pb.h: tools does not list protobuf"});
  CHECK(violations_with({"engine/core/log.cpp", "#include <spdlog/spdlog.h>\n"}) ==
        Lines{"engine/core/log.cpp includes spdlog/spdlog.h: a header of no library that this test knows"});
  CHECK(violations_with({"engine/core/text.cpp", "#include \"text.hpp\"\n"}) ==
        Lines{"engine/core/text.cpp includes text.hpp: which is in no room"});
  CHECK(violations_with({"engine/attic/old.cpp", ""}) == Lines{"engine/attic/old.cpp is in no room"});
}

TEST_CASE("a library that a room lists without a use is found", "[rooms]") {
  std::vector<Source> sources = tidy_tree();
  std::erase_if(sources, [](const Source& source) { return source.path == "engine/train/trainer.cpp"; });
  CHECK(find_violations(parse_rooms(kTable), sources) ==
        std::vector<std::string>{"engine/train lists zlib and includes none of its headers"});
}

TEST_CASE("a cycle of rooms is found", "[rooms]") {
  std::vector<Source> sources = tidy_tree();
  sources.push_back({"engine/core/text.cpp", "#include \"engine/train/trainer.hpp\"\n"});
  CHECK(find_cycle(parse_rooms(kTable), sources) == "engine/core > engine/train > engine/math > engine/core");
}

TEST_CASE("a table that names no room is refused", "[rooms]") {
  CHECK_THROWS_AS(parse_rooms("no table\n"), std::runtime_error);
  std::string table = kTable;
  table.replace(table.find("core, train |"), 13, "core, trade |");
  CHECK_THROWS_AS(parse_rooms(table), std::runtime_error);
}
