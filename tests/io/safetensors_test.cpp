#include "engine/io/safetensors.hpp"

#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::io;

namespace {

SafetensorsHeader parse(const std::string& json, std::uint64_t payload_bytes) {
  return parse_safetensors_header(json, payload_bytes, "some/best.bin");
}

std::string entry(const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "\"F32\"") {
  return R"({"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

}  // namespace

TEST_CASE("a header's tensors come in the payload's order, whatever the order of its names",
          "[safetensors]") {
  const auto header = parse(R"({"a":)" + entry("[2]", "[24,32]") + R"(,"__metadata__":{"model":"cnn"},"b":)" +
                                entry("[2,3]", "[0,24]") + "}",
                            32);
  REQUIRE(header.tensors.size() == 2);
  CHECK(header.tensors[0].name == "b");
  CHECK(header.tensors[0].shape == Shape{2, 3});
  CHECK(header.tensors[1].name == "a");
  CHECK(header.tensors[1].begin == 24);
  CHECK(header.metadata.at("model") == "cnn");
}

TEST_CASE("scalars and empty tensors are tensors", "[safetensors]") {
  const auto header =
      parse(R"({"scalar":)" + entry("[]", "[0,4]") + R"(,"none":)" + entry("[0,7]", "[4,4]") + "}", 4);
  CHECK(header.tensors.size() == 2);
}

TEST_CASE("every malformed header is refused with the file and what is wrong", "[safetensors]") {
  struct Case {
    std::string json;
    std::uint64_t payload_bytes;
    std::string message;
  };
  const std::string good = entry("[2]", "[0,8]");
  const std::vector<Case> cases = {
      {"", 0, "not valid JSON"},
      {"{", 0, "not valid JSON"},
      {"{} {}", 0, "not valid JSON"},
      {"\xff\xfe", 0, "not valid JSON"},
      {"[]", 0, "must be a JSON object"},
      {"7", 0, "must be a JSON object"},
      {R"({"a":)" + good + R"(,"a":)" + good + "}", 8, R"(has "a" twice)"},
      {R"({"__metadata__":7})", 0, "__metadata__ must be an object"},
      {R"({"__metadata__":{"epoch":7}})", 0, R"("epoch" in __metadata__ must be a text)"},
      {R"({"a":7})", 0, R"(the entry of "a" must have)"},
      {R"({"a":{"dtype":"F32","shape":[2]}})", 8, R"(the entry of "a" must have)"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", 8,
       R"(the entry of "a" must have)"},
      {R"({"a":)" + entry("[2]", "[0,8]", "\"I64\"") + "}", 8,
       R"(dtype "I64", expected F32, F16, BF16 or F64)"},
      {R"({"a":)" + entry("[2]", "[0,8]", "32") + "}", 8, R"(dtype 32, expected F32,)"},
      {R"({"a":)" + entry("[2]", "[0,8]", "\"F64\"") + "}", 8, "does not take bytes 0 to 8"},
      {R"({"a":)" + entry("[4611686018427387904]", "[0,8]", "\"F16\"") + "}", 8, "does not take bytes"},
      {R"({"a":)" + entry("2", "[0,8]") + "}", 8, "must be an array"},
      {R"({"a":)" + entry("[-2]", "[0,8]") + "}", 8, "not negative"},
      {R"({"a":)" + entry("[2.0]", "[0,8]") + "}", 8, "not negative"},
      {R"({"a":)" + entry("[4611686018427387904,4611686018427387904]", "[0,8]") + "}", 8,
       "too large to be true"},
      {R"({"a":)" + entry("[2]", "[0]") + "}", 8, "must be two numbers"},
      {R"({"a":)" + entry("[2]", "[\"0\",8]") + "}", 8, "not negative"},
      {R"({"a":)" + entry("[2]", "[0,18446744073709551615]") + "}", 8, "not negative"},
      {R"({"a":)" + entry("[2]", "[8,0]") + "}", 8, "have a gap"},
      {R"({"a":)" + entry("[2]", "[0,12]") + "}", 12, "does not take bytes 0 to 12"},
      {R"({"a":)" + good + R"(,"b":)" + entry("[2]", "[12,20]") + "}", 20, "have a gap"},
      {R"({"a":)" + good + R"(,"b":)" + entry("[2]", "[4,12]") + "}", 12, "overlap"},
      {R"({"a":)" + good + "}", 4, "cut off"},
      {R"({"a":)" + good + "}", 12, "too long"},
      {R"({"\u001b[31m\n":7})", 0,
       R"("\u001b[31m\n")"},  // a file must not send control codes to the terminal
  };
  for (const Case& bad : cases) {
    INFO(bad.json.substr(0, 100));
    CHECK_THROWS_AS(parse(bad.json, bad.payload_bytes), CheckpointError);
    CHECK_THROWS_WITH(parse(bad.json, bad.payload_bytes), contains("some/best.bin") && contains(bad.message));
  }
}

TEST_CASE("a header that would take memory, time or the stack is refused as soon as that shows",
          "[safetensors]") {
  const auto repeated = [](int times, auto part) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part(i);
    return text;
  };
  const auto check_refused = [](const std::string& json, const std::string& message) {
    INFO(json.substr(0, 100));
    // CPU time, because other tests run at the same time. A quadratic search takes minutes under sanitizers.
    const std::clock_t start = std::clock();
    CHECK_THROWS_WITH(parse(json, 0), contains("some/best.bin") && contains(message));
    CHECK(std::clock() - start < 5 * CLOCKS_PER_SEC);
  };
  const std::string deep(500'000, '[');
  check_refused(deep, "nested too deep");
  check_refused(R"({"a":{"dtype":)" + deep, "nested too deep");
  check_refused(R"({"a":{"dtype":)" + deep + std::string(500'000, ']') + "}}", "nested too deep");
  check_refused(repeated(100'000, [](int) { return R"({"a":)"; }), "nested too deep");
  check_refused(
      "{" + repeated(12'000,
                     [](int i) { return "\"t" + std::to_string(i) + "\":" + entry("[0]", "[0,0]") + ","; }),
      "more than 1000 tensors");
  check_refused(R"({"a":)" + entry("[0" + repeated(400'000, [](int) { return ",0"; }) + "]", "[0,0]") + "}",
                "has more than 8 sizes");
  check_refused(R"({"__metadata__":{"a":"1","b":"2","a":"3"}})", R"(has "a" twice)");
  check_refused(R"({"t":{"dtype":"F32","shape":[0],"dtype":"F64","data_offsets":[0,0]}})",
                R"(has "dtype" twice)");
  check_refused(R"({"\u0061":)" + entry("[0]", "[0,0]") + R"(,"a":)" + entry("[0]", "[0,0]") + "}",
                R"(has "a" twice)");
}

TEST_CASE("a header longer than any that is written is not read", "[safetensors]") {
  const TemporaryFolder folder;
  const std::uint64_t length = (256 << 10) + 1;
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  std::ofstream(folder / "best.bin", std::ios::binary) << bytes << std::string(length + 100, ' ');
  CHECK_THROWS_WITH(SafetensorsReader(folder / "best.bin"),
                    contains("has a header of 262145 bytes, and weights have at most 262144"));
}

TEST_CASE("the payload begins at a multiple of eight bytes", "[safetensors]") {
  const std::vector<float> values(6);
  for (int extra = 0; extra < 9; ++extra) {
    const std::vector<SafetensorsTensor> tensors = {{.name = "w", .shape = {2, 3}, .values = values}};
    const std::string preamble =
        safetensors_preamble(tensors, {{"note", std::string(static_cast<std::size_t>(extra), 'x')}});
    CHECK(preamble.size() % 8 == 0);
    CHECK(parse(preamble.substr(8), 24).tensors.front().shape == Shape{2, 3});
  }
}
