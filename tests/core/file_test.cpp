#include "engine/core/file.hpp"

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/folder.hpp"
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

TEST_CASE("reading a file gives its bytes, also if there are none, and names what cannot be read", "[file]") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "empty");
  CHECK(read_file(folder.path() / "empty").empty());
  const std::string large(200'000, 'x');
  std::ofstream(folder.path() / "large") << large;
  CHECK(read_file(folder.path() / "large") == large);
  CHECK_THROWS_WITH(read_file(folder.path() / "none"), contains("none: cannot be opened: No such file"));
  CHECK_THROWS_WITH(read_file(folder.path()), contains("is a folder, expected a file"));
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

TEST_CASE("what killed writers left is removed, and nothing else", "[file]") {
  const TemporaryFolder folder;
  const std::vector<std::string> kept = {"best.bin",      "last.bin",      "notes.tmp",      "a.tmp-",
                                         ".tmp-0123abcd", "b.tmp-0123abc", "c.tmp-0123ABCD", "d.tmp-12-x"};
  for (const std::string& name : kept) std::ofstream(folder / name) << name;
  for (const char* name : {"best.bin.tmp-0123abcd", "last.bin.tmp-4711-0", "config.toml.tmp-1-12"})
    std::ofstream(folder / name) << "torn";
  std::filesystem::create_directory(folder / "folder.tmp-0123abcd");
  remove_temporaries(folder.path());
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    found.insert(entry.path().filename().string());
  std::set<std::string> expected(kept.begin(), kept.end());
  expected.insert("folder.tmp-0123abcd");
  CHECK(found == expected);
  CHECK_NOTHROW(remove_temporaries(folder / "none"));
}

TEST_CASE("a write that is given up removes its own temporary and no other", "[file]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "best.bin.tmp-0123abcd") << "another program's";
  {
    AtomicFile file(folder / "best.bin");
    file.write(std::as_bytes(std::span("half", 4)));
    CHECK(std::filesystem::exists(file.temporary()));
    CHECK_FALSE(std::filesystem::exists(folder / "best.bin"));
  }
  CHECK(read_file(folder / "best.bin.tmp-0123abcd") == "another program's");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("writing over a link writes the file that it leads to", "[file]") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "store" / "deep");
  std::ofstream(folder / "store" / "weights.bin") << "old";
  std::filesystem::create_symlink("../weights.bin", folder / "store" / "deep" / "next");
  std::filesystem::create_symlink("store/deep/next", folder / "best.bin");
  write_file_atomically(folder / "best.bin", std::string_view("new"));
  CHECK(std::filesystem::is_symlink(folder / "best.bin"));
  CHECK(std::filesystem::is_symlink(folder / "store" / "deep" / "next"));
  CHECK(read_file(folder / "store" / "weights.bin") == "new");

  std::filesystem::create_symlink(folder / "store" / "later.bin", folder / "dangling.bin");
  write_file_atomically(folder / "dangling.bin", std::string_view("made"));
  CHECK(read_file(folder / "store" / "later.bin") == "made");

  std::filesystem::create_symlink("b", folder / "a");
  std::filesystem::create_symlink("a", folder / "b");
  CHECK_THROWS_WITH(write_file_atomically(folder / "a", std::string_view("x")),
                    contains("levels of symbolic links"));
}

TEST_CASE("a replaced file keeps its mode, and a new one has that of the system", "[file]") {
  const TemporaryFolder folder;
  const mode_t mask = umask(022);
  write_file_atomically(folder / "best.bin", std::string_view("new"));
  umask(mask);
  const auto mode_of = [&] { return std::filesystem::status(folder / "best.bin").permissions(); };
  CHECK(mode_of() == std::filesystem::perms{0644});
  for (const unsigned mode : {0600u, 0444u, 0664u}) {
    std::filesystem::permissions(folder / "best.bin", std::filesystem::perms{mode});
    write_file_atomically(folder / "best.bin", std::string_view("again"));
    CHECK(mode_of() == std::filesystem::perms{mode});
  }
}

TEST_CASE("what is no file is neither read nor replaced, and nobody waits for it", "[file]") {
  const TemporaryFolder folder;
  const auto fifo = folder / "fifo.png";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  std::filesystem::create_symlink(fifo, folder / "link.png");
  for (const std::filesystem::path& path :
       {fifo, folder / "link.png", std::filesystem::path("/dev/null"), std::filesystem::path("/dev/zero")}) {
    INFO(path);
    CHECK_THROWS_WITH(write_file_atomically(path, std::string_view("x")),
                      contains("is a device or a pipe, expected a file"));
    CHECK_THROWS_WITH(read_file(path), contains("is not a regular file"));
  }
  CHECK(std::filesystem::is_fifo(fifo));
  CHECK_THROWS_WITH(write_file_atomically(folder.path(), std::string_view("x")),
                    contains("is a folder, expected a file"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("a name of the greatest length can be written", "[file]") {
  const TemporaryFolder folder;
  const auto path = folder / std::string(255, 'n');
  write_file_atomically(path, std::string_view("x"));
  CHECK(read_file(path) == "x");
}

TEST_CASE("no more is read of a file than its reader allows", "[file]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << std::string(70'000, 'x');
  CHECK(read_file(folder / "file", 70'000).size() == 70'000);
  CHECK_THROWS_WITH(read_file(folder / "file", 69'999), contains("file: is larger than 68.4 KiB, the most"));
  CHECK_FALSE(read_file("/proc/self/environ").empty());  // whose size is said to be 0
}

TEST_CASE("folders are made with those above them, and a file in the way is named", "[folder]") {
  const TemporaryFolder folder;
  make_folders(folder / "a" / "b" / "c/");
  CHECK(std::filesystem::is_directory(folder / "a" / "b" / "c"));
  CHECK_NOTHROW(make_folders(folder / "a" / "b"));
  CHECK_NOTHROW(make_folders(""));
  std::ofstream(folder / "file") << "no folder";
  CHECK_THROWS_WITH(make_folders(folder / "file" / "run"), contains("file: cannot be made: Not a directory"));
  CHECK_FALSE(make_folder(folder / "a"));
}

TEST_CASE("a folder can be locked once, and again when the lock is gone", "[folder]") {
  const TemporaryFolder folder;
  {
    const Descriptor held = try_lock_folder(folder.path());
    REQUIRE(held);
    CHECK_FALSE(try_lock_folder(folder.path()));
  }
  CHECK(try_lock_folder(folder.path()));
  CHECK(is_empty_folder(folder.path()));
}

TEST_CASE("a folder is locked while someone holds its lock, and the question takes no lock", "[folder]") {
  const TemporaryFolder folder;
  CHECK_FALSE(is_folder_locked(folder.path()));
  {
    const Descriptor held = try_lock_folder(folder.path());
    CHECK(held);
    CHECK(is_folder_locked(folder.path()));
    CHECK_FALSE(try_lock_folder(folder.path()));
  }
  CHECK_FALSE(is_folder_locked(folder.path()));
  CHECK(try_lock_folder(folder.path()));
  CHECK_FALSE(is_folder_locked(folder.path() / "missing"));
}
