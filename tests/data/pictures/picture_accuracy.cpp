// picture_accuracy WEIGHTS [COUNT [FOLDER]] [--seed N] [--kind NAME]: makes COUNT pictures of each kind, or
// of one, from MNIST's test digits, and prints the share that the network reads right. Writes those that it
// reads wrong into FOLDER, as PGM and as it saw them.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "data/mnist.hpp"
#include "data/pictures/digit_picture.hpp"
#include "engine/backend.hpp"
#include "engine/core/error.hpp"
#include "engine/core/prediction.hpp"
#include "tests/data/pictures/made_pictures.hpp"
#include "tools/cli/evaluation.hpp"

namespace lenet {
namespace {

struct AccuracyOptions {
  std::filesystem::path weights;
  std::uint64_t count = 200;
  std::optional<std::filesystem::path> folder;
  std::uint64_t seed = 1;
  std::string kind;  ///< all if empty
};

/// Returns nullopt if the arguments are wrong.
std::optional<AccuracyOptions> parse_arguments(const std::vector<std::string>& arguments) {
  AccuracyOptions options;
  std::vector<std::string> places;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool has_value = i + 1 < arguments.size();
    if (arguments[i] == "--seed" && has_value)
      options.seed = std::stoull(arguments[++i]);
    else if (arguments[i] == "--kind" && has_value)
      options.kind = arguments[++i];
    else
      places.push_back(arguments[i]);
  }
  if (places.empty() || places.size() > 3) return std::nullopt;
  options.weights = places[0];
  if (places.size() > 1) options.count = std::stoull(places[1]);
  if (places.size() > 2) options.folder = places[2];
  const bool known = std::ranges::any_of(kPictureKinds, [&](const NamedPictureKind& kind) {
    return options.kind.empty() || kind.name == options.kind;
  });
  return known ? std::optional(options) : std::nullopt;
}

struct Result {
  bool right = false;
  bool doubted = false;
  std::string found;
  std::vector<pictures::PictureDigit> digits;
};

Result read_picture(Program& program, const MadePicture& made, const DatasetView& data) {
  Result result;
  try {
    result.digits = pictures::digits_from_picture(made.picture);
  } catch (const DataError& error) {
    result.found = error.what();
    return result;
  }
  std::vector<std::uint8_t> pixels;
  for (const pictures::PictureDigit& digit : result.digits)
    pixels.insert(pixels.end(), digit.pixels.begin(), digit.pixels.end());
  const std::vector<float> logits = program.logits(pixels);
  const std::size_t classes = logits.size() / result.digits.size();
  std::string expected;
  for (const std::int64_t sample : made.samples)
    expected += std::to_string(data.labels[static_cast<std::size_t>(sample)]);
  for (std::size_t i = 0; i < result.digits.size(); ++i) {
    result.found +=
        std::to_string(most_likely(std::span(logits).subspan(i * classes, classes), 1).front().label);
    result.doubted = result.doubted || !result.digits[i].doubt.empty();
  }
  result.right = result.found == expected;
  if (!result.right) result.found = expected + " as " + result.found;
  return result;
}

void write_pgm(const std::filesystem::path& path, std::int64_t width,
               const std::vector<std::uint8_t>& pixels) {
  std::ofstream file(path, std::ios::binary);
  file << fmt::format("P5 {} {} 255\n", width, std::ssize(pixels) / width);
  for (const std::uint8_t pixel : pixels) file.put(static_cast<char>(pixel));
}

void keep(const std::filesystem::path& folder, const std::string& name, const MadePicture& made,
          const Result& result) {
  write_pgm(folder / (name + ".pgm"), made.picture.width, made.picture.grey);
  for (std::size_t i = 0; i < result.digits.size(); ++i)
    write_pgm(folder / fmt::format("{} seen {}.pgm", name, i), 28, result.digits[i].pixels);
}

int measure(const AccuracyOptions& options) {
  const data::Dataset mnist = data::load_mnist_test(std::nullopt);
  const DatasetView test = mnist.test_split();
  const cli::LoadedModel loaded = cli::load_model(options.weights);
  const cli::RunningModel running = cli::start(loaded, {.device = "cpu"});
  fmt::print(
      "| {} pictures of each kind | right | warned about, of right ones and of wrong ones |\n|---|---|---|\n",
      options.count);
  for (const NamedPictureKind& kind : kPictureKinds) {
    if (!options.kind.empty() && kind.name != options.kind) continue;
    std::uint64_t right = 0;
    std::uint64_t doubted[2] = {};
    for (std::uint64_t number = 0; number < options.count; ++number) {
      const MadePicture made = make_picture(kind.kind, test, options.seed, number);
      const Result result = read_picture(*running.program, made, test);
      right += result.right;
      doubted[result.right] += result.doubted;
      if (!result.right && options.folder)
        keep(*options.folder, fmt::format("{} {} {}", kind.name, number, result.found), made, result);
    }
    fmt::print("| {} | {:.1f} % | {} of {}, {} of {} |\n", kind.name,
               100 * static_cast<double>(right) / static_cast<double>(options.count), doubted[1], right,
               doubted[0], options.count - right);
    std::cout.flush();
  }
  return 0;
}

}  // namespace
}  // namespace lenet

int main(int argc, char** argv) {
  try {
    const auto options = lenet::parse_arguments({argv + 1, argv + argc});
    if (options) return lenet::measure(*options);
    std::cerr << "usage: picture_accuracy WEIGHTS [COUNT [FOLDER]] [--seed N] [--kind NAME]\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "picture_accuracy: " << error.what() << "\n";
    return 1;
  }
}
