#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"

namespace lenet::data {

/// One of the four files of MNIST, raw (this name) or compressed (this name and ".gz").
struct MnistFile {
  std::string_view name;
  std::string_view sha256;  ///< of the decompressed bytes
  bool images;
};

/// Training images, training labels, test images, test labels.
const std::array<MnistFile, 4>& mnist_files();

/// Where the file lies in `folder`, compressed or not; nothing if it is not there.
std::optional<std::filesystem::path> find_mnist_file(const std::filesystem::path& folder,
                                                     const MnistFile& file);

/// The user's cache: $XDG_CACHE_HOME/lenet/mnist, or ~/.cache/lenet/mnist. Downloads go there.
std::filesystem::path mnist_cache_folder();

/// Where data are looked for when none are named, first to last: $LENET_DATA, data/mnist of the project,
/// ../shared/mnist beside it, the user's cache.
std::vector<std::filesystem::path> mnist_search_folders();

/// The named folder, or the first of the search folders that has all these files. Throws a DataError that
/// says where it looked and what to do.
std::filesystem::path find_mnist(const std::optional<std::string>& folder,
                                 std::span<const MnistFile> files = mnist_files());

/// Reads MNIST, or any set of ten classes of 28×28 images in files of the same names, from the named folder
/// or from where find_mnist finds it; the first `validation` training images become the validation set.
/// Throws DataError; UsageError if nothing would be left to train on.
Dataset load_mnist(const std::optional<std::string>& folder, std::int64_t validation);

/// The same, with the test set alone: its two files are all that has to be there, and all that is read.
Dataset load_mnist_test(const std::optional<std::string>& folder);

}  // namespace lenet::data
