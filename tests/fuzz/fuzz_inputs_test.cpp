// Every fuzz target on its seeds, on damaged seeds, and on the inputs of which fuzzing once found a defect.
#include <filesystem>
#include <iterator>

#include "engine/core/random.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/read_all.hpp"

using namespace lenet;
using namespace lenet::fuzz;

namespace {

std::string damaged(std::string bytes, RandomSequence& random) {
  const auto below = [&](std::size_t limit) { return random.below(static_cast<std::uint32_t>(limit)); };
  for (std::uint32_t change = 0; change <= below(3) && !bytes.empty(); ++change) {
    const std::size_t at = below(bytes.size());
    switch (below(4)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
        break;
      default:
        bytes.erase(at, below(40));
    }
  }
  return bytes;
}

void check(const Target& target, const std::string& input, const std::string& what) {
  INFO(target.name << ": " << what);
  CHECK_NOTHROW(target.run(bytes_of(input)));
}

}  // namespace

TEST_CASE("every reader of files accepts or refuses seeds and damaged seeds", "[fuzz]") {
  RandomSequence random(1, RandomStream::synthetic_digits, 0);
  for (const Target& target : kTargets) {
    const std::vector<std::string> seeds = target.seeds();
    REQUIRE_FALSE(seeds.empty());
    for (const std::string& seed : seeds) {
      check(target, seed, "seed");
      for (int round = 0; round < 200; ++round) check(target, damaged(seed, random), "damaged seed");
    }
  }
}

TEST_CASE("no input that once did harm does it again", "[fuzz]") {
  for (const Target& target : kTargets) {
    const std::filesystem::path folder =
        std::filesystem::path(LENET_SOURCE_DIR) / "tests/fuzz/findings" / target.name;
    if (!std::filesystem::exists(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      check(target, lenet::read_all(entry.path()), entry.path().filename().string());
    }
  }
}

TEST_CASE("a target that fails is seen", "[fuzz]") {
  CHECK_THROWS_AS(demand(false, "claim"), std::logic_error);
}
