#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/mnist.hpp"

namespace lenet::data {

struct FetchOptions {
  std::filesystem::path folder;      ///< folder for the four .gz files; created if it does not exist
  std::vector<std::string> mirrors;  ///< tried in this order; each ends in '/'
  std::span<const MnistFile> files = mnist_files();
  int attempts = 3;  ///< attempts per mirror after transient errors: time-outs, lost connections, HTTP 5xx
  long connect_timeout_seconds = 10;
  long stall_timeout_seconds = 20;       ///< a download below 1 kB/s for this long is given up
  std::chrono::milliseconds pause{500};  ///< pause before the next attempt
  /// Called repeatedly during a download with the file, the bytes so far and the total (0 if unknown).
  std::function<void(const MnistFile&, std::int64_t, std::int64_t)> on_progress;
  /// Called with a message for each failure after which something else is tried.
  std::function<void(const std::string&)> on_trouble;
};

/// Returns the two public mirrors of MNIST's files.
std::vector<std::string> mnist_mirrors();

/// Downloads the files that are missing from the folder or do not match their checksum, each atomically. A
/// second program that fetches into the same folder waits, and then finds them. Returns how many files were
/// downloaded. Throws a DataError that contains the answer of every mirror, or that names a file of another
/// data set, which is not replaced.
int fetch_mnist(const FetchOptions& options);

/// Returns the SHA-256 of a file's decompressed bytes as 64 hexadecimal digits, or nullopt if there are more
/// than in any file of MNIST: a small file may decompress to terabytes. Throws DataError.
std::optional<std::string> content_sha256(const std::filesystem::path& path);

}  // namespace lenet::data
