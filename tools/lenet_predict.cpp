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
#include "tools/cli/folding.hpp"
#include "tools/cli/predict_options.hpp"
#include "tools/cli/predictions.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/terminal.hpp"

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

/// A file of digits, or a folder of which the files are not known.
struct NamedFile {
  std::string path;
  std::string failure = {};  ///< why the folder's files are not known
};

/// Returns the files that the options name, and those of folders.
std::vector<NamedFile> named_files(const PredictOptions& options) {
  std::vector<NamedFile> files;
  for (const std::string& named : options.files) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(named, ignored)) {
      files.push_back({named});
      continue;
    }
    try {
      for (std::string& file : pictures_in(named)) files.push_back({std::move(file)});
    } catch (const DataError& error) {
      files.push_back({named, error.what()});
    }
  }
  return files;
}

/// Returns the number of digits in a file as far as it is known before the file is read: those of an IDX
/// file, and one of a picture.
std::int64_t known_digits(const NamedFile& file, const PredictOptions& options) {
  if (!file.failure.empty()) return 0;
  try {
    if (file.path == "-" || !pictures::is_idx(file.path)) return 1;
    return options.index ? std::ssize(options.indices) : data::idx_image_count(file.path);
  } catch (const Error&) {  // reading the file says what is wrong
    return 0;
  }
}

constexpr std::int64_t kMostDrawn = 100;

/// Throws before the work is done whose result could not be drawn.
void require_plot(const PredictOptions& options, const std::vector<NamedFile>& files) {
  figures::require_figure_file(*options.plot);
  require_new_file(*options.plot, options.force);
  std::int64_t known = options.files.empty() ? std::ssize(options.indices) : 0;
  for (const NamedFile& file : files) known += known_digits(file, options);
  if (known > kMostDrawn)
    throw UsageError(fmt::format("--plot draws up to {} digits, not {}", kMostDrawn, with_thousands(known)));
}

/// Predicts digits, file by file, and prints each line as soon as it is known; JSON, which is one array, at
/// the end.
class Prediction {
 public:
  Prediction(std::ostream& out, const PredictOptions& options)
      : out_(out), options_(options), loaded_(load_model(options.weights, options.model)) {
    const Graph& graph = loaded_.model.graph;
    batch_ = {.image = graph.input(),
              .classes = graph.classes(),
              .class_names = loaded_.checkpoint.info.class_names};
  }

  /// Throws UsageError for test digits that do not exist, DataError if there is no test set.
  void predict_test_digits() {
    gather_test_digits(batch_, options_, loaded_);
    predict_gathered();
  }
  /// Warns of each file that cannot be read, and goes on with the others as long as the output is read.
  void predict_files(const std::vector<NamedFile>& files) {
    for (const NamedFile& file : files)
      if (file.failure.empty() && file.path != "-") widen(file.path);
    for (const NamedFile& file : files) {
      gather(file);
      predict_gathered();
      if (!out_) return;
    }
  }
  /// Prints and draws what is about all digits. Returns the exit code.
  int finish();

 private:
  void gather(const NamedFile& file);
  void predict_gathered();
  std::string line_of(const PredictedDigit& digit) const;
  void print_titles();
  void plot() const;
  /// Leaves room for a name in the following lines.
  void widen(const std::string& name) { name_width_ = std::max(name_width_, columns(printable(name))); }

  std::ostream& out_;
  const PredictOptions& options_;
  LoadedModel loaded_;
  std::optional<RunningModel> running_;  ///< once there is a digit
  DigitBatch batch_;
  std::size_t predicted_ = 0;  ///< digits of the batch
  int name_width_ = 0;
  bool titles_printed_ = false;
};

void Prediction::gather(const NamedFile& file) {
  try {
    if (!file.failure.empty()) throw DataError(file.failure);
    gather_file(batch_, file.path, options_);
  } catch (const DataError& error) {
    warn(error.what());
    batch_.failures.push_back({file.path, error.what()});
  }
}

/// Predicts the digits that were added to the batch, and prints their lines.
void Prediction::predict_gathered() {
  const std::span<PredictedDigit> digits = std::span(batch_.digits).subspan(predicted_);
  if (digits.empty()) return;
  if (!running_) running_ = start(loaded_, options_.device);
  std::vector<std::uint8_t> pixels;
  for (const PredictedDigit& digit : digits) {
    pixels.insert(pixels.end(), digit.pixels.begin(), digit.pixels.end());
    widen(digit.name);
  }
  const std::vector<float> logits = running_->program->logits(pixels);
  const auto classes = static_cast<std::size_t>(batch_.classes);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto own = std::span(logits).subspan(i * classes, classes);
    digits[i].logits.assign(own.begin(), own.end());
  }
  predicted_ = batch_.digits.size();
  if (options_.json) return;
  print_titles();
  for (const PredictedDigit& digit : digits) out_ << line_of(digit);
  out_ << std::flush;
}

std::string Prediction::line_of(const PredictedDigit& digit) const {
  if (options_.csv) return prediction_csv(digit, batch_);
  return prediction_text(
      digit, batch_,
      {.show = options_.show, .all = options_.all, .name_width = name_width_, .terminal = output_columns()});
}

void Prediction::print_titles() {
  if (options_.csv && !titles_printed_) out_ << predictions_csv_titles(batch_);
  titles_printed_ = true;
}

int Prediction::finish() {
  if (options_.json)
    out_ << predictions_json(batch_);
  else
    print_titles();
  if (options_.plot && !batch_.digits.empty() && out_) plot();
  return batch_.failures.empty() ? 0 : 1;
}

/// Draws the digits with their predictions into a file, and names it.
void Prediction::plot() const {
  // Pictures may have several digits each, so that only reading them shows how many there are.
  const std::size_t count = std::min<std::size_t>(batch_.digits.size(), kMostDrawn);
  if (count < batch_.digits.size())
    warn(fmt::format("--plot draws the first {} of {} digits", count, batch_.digits.size()));
  figures::DigitGrid grid{.title = "Predictions", .digits = {}, .class_names = batch_.class_names};
  for (const PredictedDigit& digit : std::span(batch_.digits).first(count))
    grid.digits.push_back(figures::prediction_for({.image = batch_.image,
                                                   .pixels = digit.pixels,
                                                   .name = printable(digit.name),
                                                   .label = digit.label,
                                                   .classes = {}},
                                                  digit.logits));
  figures::write_figure(*options_.plot, figures::digit_grid_figure(grid));
  const std::string written =
      fmt::format("{}: {}: {} {}{} with predictions\n", printable(*options_.plot), loaded_.model.name, count,
                  batch_.class_names.sample_noun(), count == 1 ? "" : "s");
  // Keeps standard output for the table or the JSON if it was requested.
  if (options_.json || options_.csv)
    std::cerr << for_errors(written);
  else
    out_ << for_output(written);
}

int predict_to(std::ostream& out, const PredictOptions& options) {
  device::parse_device(options.device.device);  // reports errors of the command line first
  const std::vector<NamedFile> files = named_files(options);
  if (options.plot) require_plot(options, files);
  Prediction prediction(out, options);
  if (options.files.empty())
    prediction.predict_test_digits();
  else
    prediction.predict_files(files);
  return prediction.finish();
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
