#include "data/mnist.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <utility>

#include "data/idx.hpp"
#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/program_folder.hpp"

namespace lenet::data {
namespace {

namespace fs = std::filesystem;

using Files = std::span<const MnistFile>;

bool is_complete(const fs::path& folder, Files files) {
  return std::ranges::all_of(
      files, [&](const MnistFile& file) { return find_mnist_file(folder, file).has_value(); });
}

std::optional<std::string> environment(const char* name) {
  const char* const value = std::getenv(name);
  if (!value || !*value) return std::nullopt;
  return value;
}

/// Returns the names that a file has where it can be downloaded: "train-images-idx3-ubyte" from its first
/// site and "train-images.idx3-ubyte" from Kaggle, both also compressed.
std::array<std::string, 4> names_of(const MnistFile& file) {
  const std::string name(file.name);
  std::string dotted = name;
  if (const std::size_t dash = dotted.rfind("-idx"); dash != dotted.npos) dotted[dash] = '.';
  return {name, name + ".gz", dotted, dotted + ".gz"};
}

[[noreturn]] void refuse_incomplete(const fs::path& folder, Files files) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) throw DataError(folder.string() + ": no such folder");
  for (const MnistFile& file : files) {
    if (find_mnist_file(folder, file)) continue;
    for (const std::string& name : names_of(file))
      if (fs::exists(folder / name, ignored)) throw DataError((folder / name).string() + ": is no file");
    throw DataError(fmt::format("{}: neither {} nor {}.gz is there", folder.string(), file.name, file.name));
  }
  throw DataError(folder.string() + ": cannot be read");
}

/// Reads a pair of files: images first, then labels.
Samples read_samples(const fs::path& folder, Files files) {
  return read_idx_pair(find_mnist_file(folder, files[0]).value(), find_mnist_file(folder, files[1]).value());
}

/// Returns the project's folder if the program is where a build puts it, build/<preset>/bin/.
std::optional<fs::path> project_of_program() {
  std::error_code ignored;
  fs::path folder = program_folder();
  for (int level = 0; level < 4; ++level, folder = folder.parent_path())
    if (fs::exists(folder / "models/models.def", ignored)) return folder;
  return std::nullopt;
}

Files training_files() { return std::span(mnist_files()).first(2); }
Files test_files() { return std::span(mnist_files()).last(2); }

}  // namespace

const std::array<MnistFile, 4>& mnist_files() {
  static constexpr std::array<MnistFile, 4> kFiles = {{
      {"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", true},
      {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", false},
      {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", true},
      {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", false},
  }};
  return kFiles;
}

std::optional<fs::path> find_mnist_file(const fs::path& folder, const MnistFile& file) {
  std::error_code ignored;
  // torchvision has MNIST in MNIST/raw, and other sets in a folder raw.
  for (const fs::path& part : {folder, folder / "raw", folder / "MNIST" / "raw"})
    for (const std::string& name : names_of(file)) {
      // Some archives have each file in a folder of its name.
      for (fs::path path : {part / name, part / name / name})
        if (fs::is_regular_file(path, ignored)) return path;
    }
  return std::nullopt;
}

fs::path mnist_cache_folder() {
  if (const auto cache = environment("XDG_CACHE_HOME")) return fs::path(*cache) / "lenet" / "mnist";
  return fs::path(environment("HOME").value_or(".")) / ".cache" / "lenet" / "mnist";
}

std::vector<fs::path> mnist_search_folders() {
  std::vector<fs::path> folders;
  if (const auto named = environment("LENET_DATA")) folders.emplace_back(*named);
  // The project is the current folder, or the one in which the program was built.
  std::vector<fs::path> projects{"."};
  if (const auto project = project_of_program()) projects.push_back(*project);
  for (const fs::path& project : projects) {
    folders.push_back((project / "data" / "mnist").lexically_normal());
    folders.push_back((project / ".." / "shared" / "mnist").lexically_normal());
  }
  folders.push_back(mnist_cache_folder());
  return folders;
}

fs::path find_mnist(const std::optional<std::string>& folder, Files files) {
  if (folder) {
    if (!is_complete(*folder, files)) refuse_incomplete(*folder, files);
    return *folder;
  }
  std::string looked;
  for (const fs::path& candidate : mnist_search_folders()) {
    if (is_complete(candidate, files)) return candidate;
    looked += (looked.empty() ? "" : ", ") + candidate.string();
  }
  throw DataError("no MNIST found in " + looked +
                  ": name its folder with --data, download it with 'lenet_data fetch', or draw digits with "
                  "'lenet_data synthesize'");
}

ClassNames read_class_names(const fs::path& folder) {
  constexpr std::size_t kLargestFile = 1 << 16;
  const fs::path file = folder / kClassNamesFile;
  std::error_code ignored;  // reading a file that cannot be looked at says why
  if (fs::symlink_status(file, ignored).type() == fs::file_type::not_found) return {};
  std::vector<std::string> names;
  try {
    names = class_name_lines(read_file(file, kLargestFile));
  } catch (const IoError& error) {
    throw DataError(error.what());
  }
  if (const std::string fault = class_name_fault(names); !fault.empty())
    throw DataError(fmt::format("{}: {}: expected a name of a class per line", file.string(), fault));
  if (std::ssize(names) != kClasses)
    throw DataError(fmt::format("{}: has {} names, expected {}: one per class and line", file.string(),
                                names.size(), kClasses));
  return ClassNames(std::move(names));
}

Dataset load_mnist(const std::optional<std::string>& folder, std::int64_t validation) {
  Dataset dataset{.folder = find_mnist(folder)};
  dataset.class_names = read_class_names(dataset.folder);
  dataset.all_training = read_samples(dataset.folder, training_files());
  dataset.test = read_samples(dataset.folder, test_files());
  const std::int64_t images = dataset.all_training.view().count();
  if (validation < 0 || validation >= images)
    throw UsageError(
        fmt::format("{} validation images leave nothing of the {} training images to train on: "
                    "--validation N holds back fewer",
                    validation, images));
  dataset.validation_count = validation;
  return dataset;
}

Dataset load_mnist_test(const std::optional<std::string>& folder) {
  Dataset dataset{.validation_count = 0, .folder = find_mnist(folder, test_files())};
  dataset.class_names = read_class_names(dataset.folder);
  dataset.test = read_samples(dataset.folder, test_files());
  return dataset;
}

DatasetView Dataset::validation_split() const { return all_training.view().subset(0, validation_count); }

DatasetView Dataset::training_split() const {
  return all_training.view().subset(validation_count, all_training.view().count() - validation_count);
}

}  // namespace lenet::data
