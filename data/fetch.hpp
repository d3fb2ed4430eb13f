#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/mnist.hpp"

namespace lenet::data {

struct FetchOptions {
  std::filesystem::path folder;      ///< where the four .gz files go; made if it is not there
  std::vector<std::string> mirrors;  ///< tried in this order; each ends in '/'
  std::span<const MnistFile> files = mnist_files();
  int attempts = 3;  ///< at each mirror, for what may pass: time-outs, lost connections, 5xx
  long connect_timeout_seconds = 10;
  long stall_timeout_seconds = 20;       ///< less than 1 kB/s for so long counts as dead
  std::chrono::milliseconds pause{500};  ///< before another attempt
  /// Told now and then: file, bytes so far, bytes in all (0: not known).
  std::function<void(const MnistFile&, std::int64_t, std::int64_t)> on_progress;
  /// Told of what went wrong where something else is tried next.
  std::function<void(const std::string&)> on_trouble;
};

/// The two public mirrors of MNIST's files.
std::vector<std::string> mnist_mirrors();

/// Makes the folder hold all files, each with its checksum. What is there and right stays; what is
/// damaged is replaced; each file appears whole or not at all. Returns how many were downloaded. Throws a
/// DataError that says what every mirror answered.
int fetch_mnist(const FetchOptions& options);

/// SHA-256 of a file's decompressed bytes, as 64 hexadecimal digits. Throws DataError.
std::string content_sha256(const std::filesystem::path& path);

}  // namespace lenet::data
