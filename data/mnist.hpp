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

/// One of the four files of MNIST.
struct MnistFile {
  std::string_view name;
  std::string_view sha256;  ///< digest of the decompressed bytes
  bool images;
};

/// Returns training images, training labels, test images and test labels, in this order.
const std::array<MnistFile, 4>& mnist_files();

/// Returns the path of the file in `folder`, compressed or not, under one of the names and in one of the
/// folders in which it is distributed. Returns nullopt if it is not there.
std::optional<std::filesystem::path> find_mnist_file(const std::filesystem::path& folder,
                                                     const MnistFile& file);

/// Returns the folder for downloads: $XDG_CACHE_HOME/lenet/mnist, or ~/.cache/lenet/mnist.
std::filesystem::path mnist_cache_folder();

/// Returns the folders that are searched if the user names none, in this order: $LENET_DATA, data/mnist of
/// the project, ../shared/mnist next to it, the user's cache.
std::vector<std::filesystem::path> mnist_search_folders();

/// Returns the named folder, or else the first of the search folders that has all these files. Throws a
/// DataError that says which folders were searched and what to do.
std::filesystem::path find_mnist(const std::optional<std::string>& folder,
                                 std::span<const MnistFile> files = mnist_files());

/// File of a data set's folder that names its classes, one name per line, in the order of their labels.
inline constexpr const char* kClassNamesFile = "classes.txt";

/// Returns the names in a folder's classes.txt; no names if there is no such file. Throws a DataError that
/// names the file and the line if it has anything else than a fit name for each class.
ClassNames read_class_names(const std::filesystem::path& folder);

/// Reads MNIST, or any set of ten classes of 28×28 images in files of the same names, from the folder that
/// find_mnist() returns. The first `validation` training images become the validation set. Throws DataError;
/// UsageError if no image is left to train on.
Dataset load_mnist(const std::optional<std::string>& folder, std::int64_t validation);

/// Reads only the two files of the test set; the others need not exist.
Dataset load_mnist_test(const std::optional<std::string>& folder);

}  // namespace lenet::data
