#include "engine/core/file.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

#include "engine/core/error.hpp"
#include "engine/core/sha256.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;

// The examples of FIPS 180-4's test vectors, and the empty message.
TEST_CASE("SHA-256 gives the published digests", "[sha256]") {
  const auto digest = [](std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); };
  CHECK(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a digest does not depend on how the bytes are cut", "[sha256]") {
  const std::string_view text = "the quick brown fox jumps over the lazy dog";
  Sha256 hash;
  for (const char& letter : text) hash.update(std::as_bytes(std::span(&letter, 1)));
  CHECK(hash.finish() == sha256_hex(std::as_bytes(std::span(text))));
}

TEST_CASE("an atomic write replaces the file and leaves nothing else", "[file]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "best.bin";
  write_file_atomically(path, std::string_view("first"));
  CHECK(read_file(path) == "first");
  write_file_atomically(path, std::string_view("second"));
  CHECK(read_file(path) == "second");
  const auto entries = std::distance(std::filesystem::directory_iterator(folder.path()), {});
  CHECK(entries == 1);
}

TEST_CASE("a write is not kept from its place by what a killed process of the same number left", "[file]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "last.bin";
  const auto leftover = folder.path() / ("last.bin.tmp-" + std::to_string(getpid()) + "-0");
  std::ofstream(leftover) << "torn";
  write_file_atomically(path, std::string_view("whole"));
  CHECK(read_file(path) == "whole");
  CHECK(read_file(leftover) == "torn");
}

TEST_CASE("reading a file gives its bytes, also if there are none, and names what cannot be read", "[file]") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "empty");
  CHECK(read_file(folder.path() / "empty").empty());
  const std::string large(200'000, 'x');
  std::ofstream(folder.path() / "large") << large;
  CHECK(read_file(folder.path() / "large") == large);
  CHECK_THROWS_WITH(read_file(folder.path() / "none"), contains("none: cannot be opened: No such file"));
  CHECK_THROWS_WITH(read_file(folder.path()), contains("cannot be read: Is a directory"));
}

TEST_CASE("a write that cannot be done names the path and keeps the old file", "[file]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(write_file_atomically(folder.path() / "none" / "best.bin", std::string_view("x")),
                    contains("none/best.bin"));
  std::filesystem::create_directories(folder.path() / "taken" / "inner");
  CHECK_THROWS_AS(write_file_atomically(folder.path() / "taken", std::string_view("x")), IoError);
  CHECK(std::filesystem::is_directory(folder.path() / "taken" / "inner"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
