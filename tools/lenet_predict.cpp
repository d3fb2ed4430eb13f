// lenet_predict: classifies digits in pictures, IDX files or the test set. Exit code 1 if a file could not be
// read.
#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/idx.hpp"
#include "data/mnist.hpp"
#include "data/pictures/digit_picture.hpp"
#include "data/pictures/picture.hpp"
#include "engine/backend.hpp"
#include "engine/core/error.hpp"
#include "engine/core/prediction.hpp"
#include "engine/core/text.hpp"
#include "engine/device/devices.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/half_blocks.hpp"
#include "tools/cli/predict_options.hpp"
#include "tools/cli/program.hpp"

namespace lenet::cli {
namespace {

/// A digit to predict.
struct DigitSource {
  std::string name;                   ///< "seven.png", "test image 7", "digits.idx[7]"
  std::optional<std::int64_t> index;  ///< in a file with several digits
  std::optional<std::int64_t> label;  ///< nullopt if unknown
};

/// A file that could not be read, and the reason.
struct DigitFailure {
  std::string file;
  std::string message;
};

/// The digits that the options name, and the files that could not be read.
struct DigitBatch {
  Image image;  ///< shape of each digit
  std::vector<DigitSource> sources;
  std::vector<std::uint8_t> pixels;
  std::vector<DigitFailure> failures;
};

std::span<const std::uint8_t> pixels_of(std::span<const std::uint8_t> pixels, const Image& image,
                                        std::int64_t index) {
  const auto size = static_cast<std::size_t>(image.count());
  return pixels.subspan(static_cast<std::size_t>(index) * size, size);
}

void append(DigitBatch& batch, DigitSource source, std::span<const std::uint8_t> pixels) {
  batch.sources.push_back(std::move(source));
  batch.pixels.insert(batch.pixels.end(), pixels.begin(), pixels.end());
}

/// Returns the first of `indices` that is not below `count`, or nullopt if all are.
std::optional<std::int64_t> first_outside(const std::vector<std::int64_t>& indices, std::int64_t count) {
  const auto found = std::ranges::find_if(indices, [&](std::int64_t index) { return index >= count; });
  return found == indices.end() ? std::nullopt : std::optional(*found);
}

void gather_test_digits(DigitBatch& batch, const PredictOptions& options) {
  const data::Dataset dataset = data::load_mnist_test(options.data);
  const DatasetView test = dataset.test_split();
  if (const auto outside = first_outside(options.indices, test.count()))
    throw UsageError(
        fmt::format("--index: there is no test image {}: they are 0 to {}", *outside, test.count() - 1));
  for (const std::int64_t index : options.indices) {
    const DatasetView sample = test.subset(index, 1);
    append(batch,
           {.name = fmt::format("test image {}", index), .index = index, .label = sample.labels.front()},
           sample.pixels);
  }
}

void gather_idx_file(DigitBatch& batch, const std::string& file, const PredictOptions& options) {
  const std::vector<std::uint8_t> pixels = data::read_idx_images(file);
  const std::int64_t count = std::ssize(pixels) / batch.image.count();
  std::vector<std::int64_t> indices = options.indices;
  if (!options.index) {
    indices.resize(static_cast<std::size_t>(count));
    std::iota(indices.begin(), indices.end(), std::int64_t{0});
  }
  if (const auto outside = first_outside(indices, count))
    throw DataError(fmt::format("{}: there is no image {}: they are 0 to {}", file, *outside, count - 1));
  for (const std::int64_t index : indices)
    append(batch, {.name = fmt::format("{}[{}]", file, index), .index = index},
           pixels_of(pixels, batch.image, index));
}

void gather_picture(DigitBatch& batch, const std::string& file, const PredictOptions& options) {
  if (options.index) throw DataError(file + ": is a picture of one digit: --index is for IDX files");
  const pictures::Picture picture = pictures::read_picture(file);
  try {
    append(batch, {.name = file}, pictures::digit_from_picture(picture));
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}: {}", file, error.what()));
  }
}

/// Reads the digits that the options name. Prints one line on `errors` for each file that cannot be read, and
/// goes on with the others. Throws UsageError for test digits that do not exist, DataError if there is no
/// test set.
DigitBatch gather_digits(const PredictOptions& options, const Image& image, std::ostream& errors) {
  DigitBatch batch{.image = image};
  if (options.files.empty()) gather_test_digits(batch, options);
  for (const std::string& file : options.files) {
    try {
      pictures::is_idx(file) ? gather_idx_file(batch, file, options) : gather_picture(batch, file, options);
    } catch (const DataError& error) {
      errors << "lenet_predict: " << printable(error.what()) << '\n';
      batch.failures.push_back({file, error.what()});
    }
  }
  return batch;
}

/// Returns the number of code points.
std::size_t letters_of(const std::string& name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(name, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string padded(const std::string& name, std::size_t width) {
  const std::size_t letters = letters_of(name);
  return name + std::string(width > letters ? width - letters : 0, ' ');
}

std::size_t widest_name(const DigitBatch& batch) {
  std::size_t widest = 0;
  for (const DigitSource& source : batch.sources)
    widest = std::max(widest, letters_of(printable(source.name)));
  return widest;
}

std::span<const float> logits_of(const DigitBatch& batch, const std::vector<float>& logits,
                                 std::size_t index) {
  const std::size_t classes = logits.size() / batch.sources.size();
  return std::span(logits).subspan(index * classes, classes);
}

/// Returns one line per digit: its name, the three most likely classes and, if the label is known, whether
/// the first is right. With `show`, draws each digit above its line.
std::string predictions_text(const DigitBatch& batch, const std::vector<float>& logits, bool show) {
  constexpr std::size_t kShownClasses = 3;
  const std::size_t width = widest_name(batch);
  std::string text;
  for (std::size_t i = 0; i < batch.sources.size(); ++i) {
    const DigitSource& source = batch.sources[i];
    const std::vector<ClassProbability> likeliest = most_likely(logits_of(batch, logits, i), kShownClasses);
    if (show)
      text += half_blocks(pixels_of(batch.pixels, batch.image, static_cast<std::int64_t>(i)), batch.image);
    text += padded(printable(source.name), width);
    for (const auto& [label, probability] : likeliest)
      text += fmt::format("   {} {:>9}", label, percent_text(probability));
    if (source.label)
      text += *source.label == likeliest.front().label ? "   right"
                                                       : fmt::format("   wrong: it is {}", *source.label);
    text += '\n';
  }
  return text;
}

/// Returns a JSON array of the digits, followed by the failures.
std::string predictions_json(const DigitBatch& batch, const std::vector<float>& logits) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < batch.sources.size(); ++i) {
    const DigitSource& source = batch.sources[i];
    const auto row = logits_of(batch, logits, i);
    nlohmann::ordered_json digit = {{"picture", source.name}};
    if (source.index) digit["index"] = *source.index;
    if (source.label) digit["correct"] = *source.label;
    digit["digit"] = most_likely(row, 1).front().label;
    digit["probabilities"] = softmax(row);
    all.push_back(std::move(digit));
  }
  for (const DigitFailure& failure : batch.failures)
    all.push_back({{"picture", failure.file}, {"error", failure.message}});
  // Replaces invalid UTF-8, because a file name may contain any bytes.
  return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int predict_to(std::ostream& out, const PredictOptions& options) {
  device::parse_device(options.device.device);  // reports errors of the command line first
  const LoadedModel loaded = load_model(options.weights, options.model);
  const DigitBatch batch = gather_digits(options, loaded.model.graph.input(), std::cerr);
  std::vector<float> logits;
  if (!batch.sources.empty()) logits = start(loaded, options.device).program->logits(batch.pixels);
  out << (options.json ? predictions_json(batch, logits) : predictions_text(batch, logits, options.show));
  return batch.failures.empty() ? 0 : 1;
}

int predict_program(int argc, const char* const* argv) {
  const PredictOptions options = read_predict_options(argc, argv);
  if (answered(options.questions, predict_manual)) return 0;
  return predict_to(std::cout, options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_predict", lenet::cli::predict_program, lenet::cli::predict_manual,
                                 argc, argv);
}
