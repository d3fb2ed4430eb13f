#include "tools/data_program.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include "data/drawn_digits.hpp"
#include "data/fetch.hpp"
#include "data/idx.hpp"
#include "data/mnist.hpp"
#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/text.hpp"
#include "tools/half_blocks.hpp"

namespace lenet {
namespace {

namespace fs = std::filesystem;

struct DataOptions {
  std::optional<std::string> folder;
  std::vector<std::string> mirrors;
  std::int64_t training = 60'000;
  std::int64_t test = 10'000;
  std::uint64_t seed = 1;
};

/// One line that grows, on a terminal; nothing elsewhere.
void show_download(const MnistFile& file, std::int64_t now, std::int64_t total) {
  if (!isatty(STDERR_FILENO) || total <= 0) return;
  constexpr std::int64_t kWidth = 30;
  const std::int64_t filled = kWidth * std::min(now, total) / total;
  std::string bar;
  for (std::int64_t i = 0; i < kWidth; ++i) bar += i < filled ? "█" : "░";
  fmt::print(stderr, "\r\x1b[K{:24} {} {:>9} of {}", file.name, bar, bytes_text(now), bytes_text(total));
  if (now >= total) fmt::print(stderr, "\n");
}

int fetch(const DataOptions& options) {
  const fs::path folder = options.folder ? fs::path(*options.folder) : mnist_cache_folder();
  std::vector<std::string> mirrors = options.mirrors.empty() ? mnist_mirrors() : options.mirrors;
  for (std::string& mirror : mirrors)
    if (!mirror.ends_with('/')) mirror += '/';
  const int fetched =
      fetch_mnist({.folder = folder,
                   .mirrors = mirrors,
                   .on_progress = show_download,
                   .on_trouble = [](const auto& line) { fmt::print(stderr, "lenet_data: {}\n", line); }});
  fmt::print("{}: {}\n", folder.string(),
             fetched ? fmt::format("{} of 4 files fetched, all checksums are MNIST's", fetched)
                     : "nothing to do, all checksums are MNIST's");
  return 0;
}

/// One line about a file; whether it is MNIST's.
bool verify_file(const fs::path& folder, const MnistFile& file) {
  const auto path = find_mnist_file(folder, file);
  if (!path) {
    fmt::print("missing  {}\n", (folder / std::string(file.name)).string());
    return false;
  }
  try {
    const auto size = static_cast<std::int64_t>(fs::file_size(*path));
    if (content_sha256(*path) == file.sha256) {
      fmt::print("MNIST    {}  {}\n", path->string(), bytes_text(size));
      return true;
    }
    file.images ? read_idx_images(*path) : read_idx_labels(*path);
    fmt::print("other    {}  {}: valid, but not MNIST\n", path->string(), bytes_text(size));
  } catch (const DataError& error) {
    fmt::print("damaged  {}\n", error.what());
  }
  return false;
}

int verify(const DataOptions& options) {
  const fs::path folder = find_mnist(options.folder);
  const auto right =
      std::ranges::count_if(mnist_files(), [&](const MnistFile& file) { return verify_file(folder, file); });
  return right == std::ssize(mnist_files()) ? 0 : 1;
}

int synthesize(const DataOptions& options) {
  const fs::path folder = options.folder.value_or("drawn-digits");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw IoError(folder.string() + ": cannot be made: " + error.message());
  const Dataset drawn = drawn_dataset(options.training, options.test, 0, options.seed);
  const auto& files = mnist_files();
  const auto write = [&](const MnistFile& file, const std::vector<std::uint8_t>& bytes) {
    write_file_atomically(folder / std::string(file.name), std::as_bytes(std::span(bytes)));
  };
  write(files[0], idx_image_file(drawn.all_training.pixels));
  write(files[1], idx_label_file(drawn.all_training.labels));
  write(files[2], idx_image_file(drawn.test.pixels));
  write(files[3], idx_label_file(drawn.test.labels));
  fmt::print("{}: {} training and {} test digits, seed {}\n", folder.string(),
             with_thousands(options.training), with_thousands(options.test), options.seed);
  return 0;
}

void print_classes(const char* name, const DatasetView& data) {
  std::array<std::int64_t, kClasses> counts{};
  for (const std::uint8_t label : data.labels) ++counts[label];
  fmt::print("{:10} {:>7} images; of each class:", name, with_thousands(data.count()));
  for (const std::int64_t count : counts) fmt::print(" {}", count);
  fmt::print("\n");
}

int info(const DataOptions& options) {
  const Dataset dataset = load_mnist(options.folder, 0);
  fmt::print("{}\n", dataset.folder.string());
  print_classes("training", dataset.training_split());
  print_classes("test", dataset.test_split());
  constexpr std::int64_t kShown = 3;
  const DatasetView test = dataset.test_split();
  for (std::int64_t i = 0; i < std::min(kShown, test.count()); ++i) {
    const auto image = static_cast<std::size_t>(i);
    fmt::print("test image {}, label {}\n{}", i, test.labels[image],
               half_blocks(test.pixels.subspan(image * kImagePixels, kImagePixels)));
  }
  return 0;
}

/// The commands and their options, bound to the fields of `options`.
void declare(CLI::App& app, DataOptions& options) {
  app.description("Fetches, checks, draws and describes data sets of MNIST's form.");
  app.footer("Example: lenet_data fetch && lenet_data verify");
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help and exit");

  CLI::App* const fetch_command = app.add_subcommand("fetch", "Download MNIST (11 MB) and check it");
  fetch_command->add_option("--out", options.folder, "Folder to fill; default: the user's cache")
      ->type_name("DIR");
  fetch_command->add_option("--mirror", options.mirrors, "Download from here instead of the public mirrors")
      ->type_name("URL");
  CLI::App* const verify_command =
      app.add_subcommand("verify", "Compare the four files with MNIST's checksums");
  CLI::App* const draw_command = app.add_subcommand("synthesize", "Draw digits for machines without MNIST");
  draw_command->add_option("--out", options.folder, "Folder to fill; default: drawn-digits")
      ->type_name("DIR");
  const CLI::Range range(std::int64_t{1}, std::int64_t{10'000'000});
  draw_command->add_option("--train", options.training, "Training images")
      ->check(range)
      ->capture_default_str();
  draw_command->add_option("--test", options.test, "Test images")->check(range)->capture_default_str();
  draw_command->add_option("--seed", options.seed, "Seed")->capture_default_str();
  CLI::App* const info_command = app.add_subcommand("info", "Counts, classes, and the first test images");
  for (CLI::App* const command : {verify_command, info_command})
    command->add_option("--data", options.folder, "Folder; default: where lenet_train finds it")
        ->type_name("DIR");
}

}  // namespace

std::vector<DataCommand> data_commands() {
  DataOptions options;
  CLI::App app("", "lenet_data");
  declare(app, options);
  std::vector<DataCommand> commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    commands.push_back({.name = command->get_name(), .flags = {}});
    for (const CLI::Option* option : command->get_options())
      commands.back().flags.push_back(
          {.name = "--" + option->get_lnames().front(),
           .metavar = option->get_expected_max() > 0 ? option->get_type_name() : ""});
  }
  return commands;
}

int data_program(int argc, const char* const* argv) {
  DataOptions options;
  CLI::App app("", "lenet_data");
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    static constexpr std::array<std::string_view, 4> kCommands = {"fetch", "verify", "synthesize", "info"};
    if (argc > 1 && argv[1][0] != '-' && std::ranges::find(kCommands, argv[1]) == kCommands.end())
      throw UsageError(unknown_name("command", argv[1], kCommands));
    throw UsageError(std::string(error.what()) + "; see --help");
  }
  if (app.got_subcommand("fetch")) return fetch(options);
  if (app.got_subcommand("verify")) return verify(options);
  if (app.got_subcommand("synthesize")) return synthesize(options);
  return info(options);
}

}  // namespace lenet
