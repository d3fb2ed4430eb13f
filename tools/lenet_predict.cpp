// lenet_predict: classifies digits in pictures, IDX files or the test set. Exit code 1 if a file could not be
// read.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <numeric>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"
#include "data/idx.hpp"
#include "data/mnist.hpp"
#include "data/pictures/digit_picture.hpp"
#include "data/pictures/picture.hpp"
#include "engine/backend.hpp"
#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "engine/device/devices.hpp"
#include "engine/figures/digit_grid.hpp"
#include "engine/figures/figure.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/predict_options.hpp"
#include "tools/cli/predictions.hpp"
#include "tools/cli/program.hpp"

namespace lenet::cli {
namespace {

std::span<const std::uint8_t> pixels_of(std::span<const std::uint8_t> pixels, const Image& image,
                                        std::int64_t index) {
  const auto size = static_cast<std::size_t>(image.count());
  return pixels.subspan(static_cast<std::size_t>(index) * size, size);
}

void append(DigitBatch& batch, PredictedDigit digit, std::span<const std::uint8_t> pixels) {
  digit.pixels.assign(pixels.begin(), pixels.end());
  batch.digits.push_back(std::move(digit));
}

/// Returns the first of `indices` that is not below `count`, or nullopt if all are.
std::optional<std::int64_t> first_outside(const std::vector<std::int64_t>& indices, std::int64_t count) {
  const auto found = std::ranges::find_if(indices, [&](std::int64_t index) { return index >= count; });
  return found == indices.end() ? std::nullopt : std::optional(*found);
}

void gather_test_digits(DigitBatch& batch, const PredictOptions& options, const LoadedModel& loaded) {
  const data::Dataset dataset = data::load_mnist_test(options.data);
  batch.class_names = class_names_for(loaded, dataset);
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

/// Warns of what makes it uncertain what a picture shows.
void warn_of_doubts(const std::string& file, const std::vector<pictures::PictureDigit>& digits) {
  const auto same = [&](const pictures::PictureDigit& digit) { return digit.doubt == digits.front().doubt; };
  if (std::ranges::all_of(digits, same)) {
    if (!digits.front().doubt.empty())
      warn(fmt::format("{}: not sure about the digit{}: {}", file, digits.size() == 1 ? "" : "s",
                       digits.front().doubt));
    return;
  }
  for (std::size_t i = 0; i < digits.size(); ++i)
    if (!digits[i].doubt.empty())
      warn(fmt::format("{}: not sure about digit {}: {}", file, i + 1, digits[i].doubt));
}

/// Adds the digits of a picture. `file` is its name in the output.
void gather_picture(DigitBatch& batch, const std::string& file, const pictures::Picture& picture) {
  std::vector<pictures::PictureDigit> digits;
  try {
    digits = pictures::digits_from_picture(picture);
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}: {}", file, error.what()));
  }
  warn_of_doubts(file, digits);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const pictures::PictureDigit& digit = digits[i];
    const auto whole = [](double length) { return std::llround(length); };
    const DigitPlace place{whole(digit.place.left), whole(digit.place.top), whole(digit.place.width()),
                           whole(digit.place.height())};
    const std::string name = digits.size() == 1 ? file
                                                : fmt::format("{} {}/{} at {},{}", file, i + 1, digits.size(),
                                                              place.left, place.top);
    append(batch, {.name = name, .file = file, .place = place, .doubt = digit.doubt}, digit.pixels);
  }
}

void gather_file(DigitBatch& batch, const std::string& file, const PredictOptions& options) {
  if (file == "-") return gather_picture(batch, "standard input", pictures::read_picture(std::cin));
  if (pictures::is_idx(file)) return gather_idx_file(batch, file, options);
  if (options.index) throw DataError(file + ": is a picture: --index is for IDX files");
  gather_picture(batch, file, pictures::read_picture(file));
}

/// Returns whether a file's name ends like a picture's.
bool is_named_like_picture(const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 6> kEndings = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".pgm"};
  const std::string ending = lower(file.extension().string());
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

/// Returns the pictures in a folder by their names' endings, sorted. Throws DataError if there are none.
std::vector<std::string> pictures_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (is_named_like_picture(entry->path())) files.push_back(entry->path().string());
  if (error) throw DataError(fmt::format("{}: cannot be read: {}", folder, error.message()));
  if (files.empty()) throw DataError(folder + ": is a folder without pictures");
  std::ranges::sort(files);
  return files;
}

/// Reads the digits that the options name. Warns of each file that cannot be read, and goes on with the
/// others. Throws UsageError for test digits that do not exist, DataError if there is no test set.
DigitBatch gather_digits(const PredictOptions& options, const LoadedModel& loaded) {
  const Graph& graph = loaded.model.graph;
  DigitBatch batch{
      .image = graph.input(), .classes = graph.classes(), .class_names = loaded.checkpoint.info.class_names};
  if (options.files.empty()) gather_test_digits(batch, options, loaded);
  const auto try_file = [&](const std::string& file, const auto& read) {
    try {
      read();
    } catch (const DataError& error) {
      warn(error.what());
      batch.failures.push_back({file, error.what()});
    }
  };
  for (const std::string& named : options.files) {
    std::vector<std::string> files{named};
    std::error_code ignored;
    if (std::filesystem::is_directory(named, ignored)) {
      files.clear();
      try_file(named, [&] { files = pictures_in(named); });
    }
    for (const std::string& file : files) try_file(file, [&] { gather_file(batch, file, options); });
  }
  return batch;
}

/// Computes the logits of all digits.
void predict(DigitBatch& batch, Program& program) {
  std::vector<std::uint8_t> pixels;
  for (const PredictedDigit& digit : batch.digits)
    pixels.insert(pixels.end(), digit.pixels.begin(), digit.pixels.end());
  const std::vector<float> logits = program.logits(pixels);
  const auto classes = static_cast<std::size_t>(batch.classes);
  for (std::size_t i = 0; i < batch.digits.size(); ++i) {
    const auto own = std::span(logits).subspan(i * classes, classes);
    batch.digits[i].logits.assign(own.begin(), own.end());
  }
}

/// Draws the digits with their predictions into a file.
void plot(const DigitBatch& batch, const std::string& file) {
  constexpr std::size_t kMostDrawn = 100;
  if (batch.digits.size() > kMostDrawn)
    throw UsageError(fmt::format("--plot draws up to {} digits, not {}", kMostDrawn, batch.digits.size()));
  figures::DigitGrid grid{.title = "Predictions", .digits = {}, .class_names = batch.class_names};
  for (const PredictedDigit& digit : batch.digits)
    grid.digits.push_back(figures::prediction_for({.image = batch.image,
                                                   .pixels = digit.pixels,
                                                   .name = printable(digit.name),
                                                   .label = digit.label,
                                                   .classes = {}},
                                                  digit.logits));
  figures::write_figure(file, figures::digit_grid_figure(grid));
}

std::string output_of(const DigitBatch& batch, const PredictOptions& options) {
  if (options.json) return predictions_json(batch);
  if (options.csv) return predictions_csv(batch);
  return predictions_text(batch, {.show = options.show, .all = options.all});
}

int predict_to(std::ostream& out, const PredictOptions& options) {
  device::parse_device(options.device.device);  // reports errors of the command line first
  if (options.plot) {
    figures::require_figure_file(*options.plot);
    require_new_file(*options.plot, options.force);
  }
  const LoadedModel loaded = load_model(options.weights, options.model);
  DigitBatch batch = gather_digits(options, loaded);
  if (!batch.digits.empty()) predict(batch, *start(loaded, options.device).program);
  out << output_of(batch, options);
  if (options.plot && !batch.digits.empty()) plot(batch, *options.plot);
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
