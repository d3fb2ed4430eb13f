// lenet_data: fetches, checks, draws and describes data sets.
#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <string>
#include <vector>

#include "data/fetch.hpp"
#include "data/idx.hpp"
#include "data/mnist.hpp"
#include "data/synthetic_digits.hpp"
#include "engine/core/class_names.hpp"
#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/input_file.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "tools/cli/data_options.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/half_blocks.hpp"
#include "tools/cli/name_columns.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/progress_text.hpp"
#include "tools/cli/terminal.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

/// Draws a progress line, on a terminal only.
void show_download(const data::MnistFile& file, std::int64_t now, std::int64_t total) {
  const int width = error_columns();
  if (width == 0 || total <= 0) return;
  std::cerr << "\r\x1b[K" << download_line(file.name, now, total, width - 1) << (now >= total ? "\n" : "")
            << std::flush;
}

/// Prints lines, folded on a terminal.
void print(const std::string& lines, int indent = 2) { std::cout << for_output(lines, indent); }

int fetch(const DataOptions& options) {
  const fs::path folder = options.folder ? fs::path(*options.folder) : data::mnist_cache_folder();
  std::vector<std::string> mirrors = options.mirror ? std::vector{*options.mirror} : data::mnist_mirrors();
  for (std::string& mirror : mirrors)
    if (!mirror.ends_with('/')) mirror += '/';
  const int fetched = data::fetch_mnist(
      {.folder = folder, .mirrors = mirrors, .on_progress = show_download, .on_trouble = warn});
  print(fmt::format("{}: {}\n", printable(folder.string()),
                    fetched ? fmt::format("{} of 4 files fetched, all checksums are MNIST's", fetched)
                            : "nothing to do, all checksums are MNIST's"));
  return 0;
}

/// Prints one line about a file. Returns whether it is a file of MNIST.
bool verify_file(const fs::path& folder, const data::MnistFile& file) {
  const auto path = data::find_mnist_file(folder, file);
  const auto show = [](const char* verdict, const std::string& about) {
    print(fmt::format("{:<8} {}\n", verdict, printable(about)), 9);
  };
  if (!path) {
    show("missing", (folder / std::string(file.name)).string());
    return false;
  }
  try {
    const auto size = bytes_text(static_cast<std::int64_t>(InputFile(*path).size()));
    if (data::content_sha256(*path) == file.sha256) {
      show("MNIST", fmt::format("{}  {}", path->string(), size));
      return true;
    }
    file.images ? data::read_idx_images(*path) : data::read_idx_labels(*path);
    show("other", fmt::format("{}  {}: valid, but not MNIST", path->string(), size));
  } catch (const DataError& error) {
    show("damaged", error.what());
  } catch (const IoError& error) {
    show("damaged", error.what());
  }
  return false;
}

int verify(const DataOptions& options) {
  const fs::path folder = data::find_mnist(options.folder);
  const auto right = std::ranges::count_if(
      data::mnist_files(), [&](const data::MnistFile& file) { return verify_file(folder, file); });
  return right == std::ssize(data::mnist_files()) ? 0 : 1;
}

int synthesize(const DataOptions& options) {
  const fs::path folder = options.folder.value_or("synthetic-digits");
  // Refuses a folder that is not empty: next to MNIST's files, which may be compressed, these would be read
  // as MNIST.
  std::error_code ignored;  // making the folder says what is wrong
  if (fs::exists(folder, ignored) && !(fs::is_directory(folder, ignored) && is_empty_folder(folder)))
    throw UsageError(
        fmt::format("--out {}: is there already: name a new folder, or an empty one", folder.string()));
  make_folders(folder);
  const data::Dataset drawn =
      data::synthetic_dataset(options.training, options.test, 0, static_cast<std::uint64_t>(options.seed));
  const auto& files = data::mnist_files();
  const auto write = [&](const data::MnistFile& file, const std::vector<std::uint8_t>& bytes) {
    write_file_atomically(folder / std::string(file.name), std::as_bytes(std::span(bytes)));
  };
  write(files[0], data::idx_image_file(drawn.all_training.pixels));
  write(files[1], data::idx_label_file(drawn.all_training.labels));
  write(files[2], data::idx_image_file(drawn.test.pixels));
  write(files[3], data::idx_label_file(drawn.test.labels));
  print(fmt::format("{}: {} training and {} test digits, seed {}\n", printable(folder.string()),
                    with_thousands(options.training), with_thousands(options.test), options.seed));
  return 0;
}

void print_classes(const char* name, const DatasetView& data, const ClassNames& names) {
  constexpr int kLongestName = 40;
  constexpr int kCounts = 11;  // columns for a count and the blanks around
  std::vector<std::int64_t> counts(static_cast<std::size_t>(data.classes));
  for (const std::uint8_t label : data.labels) ++counts[label];
  std::string text = fmt::format("{:10} {:>7} images; of each class:", name, with_thousands(data.count()));
  const int width = std::clamp(terminal_width() - kCounts, 1, kLongestName);
  const ClassNames fitting = names_within(names, width);
  for (std::size_t label = 0; label < counts.size(); ++label)
    text += names.empty()
                ? fmt::format(" {}", counts[label])
                : fmt::format("\n  {} {:>7}", fitted(fitting.of(static_cast<std::int64_t>(label)), width),
                              with_thousands(counts[label]));
  print(text + "\n");
}

int info(const DataOptions& options) {
  const data::Dataset dataset = data::load_mnist(options.folder, 0);
  print(printable(dataset.folder.string()) + "\n");
  const ClassNames& names = dataset.class_names;
  print_classes("training", dataset.training_split(), names);
  print_classes("test", dataset.test_split(), names);
  constexpr std::int64_t kShown = 3;
  const DatasetView test = dataset.test_split();
  for (std::int64_t i = 0; i < std::min(kShown, test.count()); ++i) {
    const DatasetView sample = test.subset(i, 1);
    const std::int64_t label = sample.labels.front();
    print(fmt::format("test image {}, label {}{}\n", i, label,
                      names.empty() ? "" : fmt::format(" ({})", names.of(label))));
    std::cout << half_blocks(sample.pixels, sample.image);
  }
  return 0;
}

int run(const DataCommand& command, const DataOptions& options) {
  if (command.name == "fetch") return fetch(options);
  if (command.name == "verify") return verify(options);
  if (command.name == "synthesize") return synthesize(options);
  return info(options);
}

int data_program(int argc, const char* const* argv) {
  if (argc < 2) throw UsageError("a command is missing: see --help");
  const std::string_view first = argv[1];
  const ProgramQuestions questions{.help = first == "--help" || first == "-h",
                                   .version = first == "--version"};
  if (answered(questions, data_manual)) return 0;

  const DataCommand& command = data_command(first);
  DataOptions options;
  OptionSet set = command.options(options);
  const auto line = read_options(set, options.questions, argc - 1, argv + 1);
  if (answered(options.questions, [&] { return command_manual(command); })) return 0;
  refuse_positionals(*line);
  return run(command, options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_data", lenet::cli::data_program, lenet::cli::data_manual, argc, argv);
}
