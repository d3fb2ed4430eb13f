#include "tools/cli/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "data/idx.hpp"
#include "data/mnist.hpp"
#include "engine/core/error.hpp"
#include "engine/core/sha256.hpp"
#include "engine/core/text.hpp"
#include "engine/device/devices.hpp"
#include "engine/train/evaluation.hpp"
#include "tools/cli/folding.hpp"

namespace lenet::cli {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

/// "train", "validation", "test".
DatasetView split_named(const data::Dataset& data, std::string_view split) {
  if (split == "train") return data.training_split();
  return split == "validation" ? data.validation_split() : data.test_split();
}

data::Dataset load_split(const ImageOptions& images, const io::CheckpointInfo& weights) {
  if (images.split == "test") return data::load_mnist_test(images.data);
  return data::load_mnist(images.data, images.validation.value_or(weights.validation_count));
}

/// Prints a notice unless an earlier model of this process got it.
void show_once(const std::string& notice) {
  static std::string shown;
  if (std::exchange(shown, notice) != notice) std::cerr << notice;
}

constexpr int kLongestName = 16;  // columns of a class's name in a table

/// Returns the width of the first column of a table with a row per class.
int name_width(const ClassNames& names) {
  int width = 7;
  for (std::size_t label = 0; label < names.size(); ++label)
    width = std::max(width, std::min(kLongestName, columns(names.of(static_cast<std::int64_t>(label)))));
  return width;
}

/// Columns have room for labels alone: rows show the label next to the name.
std::string row_name(const ClassNames& names, std::int64_t label) {
  if (names.empty()) return fmt::format("{:>7}", label);
  return fmt::format("{} {:>2}", fitted(names.of(label), name_width(names)), label);
}

std::string matrix_text(const Evaluation& evaluation) {
  const ClassNames& names = evaluation.class_names;
  std::string text = "Confusion: one row per label, one column per prediction\n";
  text += std::string(static_cast<std::size_t>(columns(row_name(names, 0))), ' ');
  for (std::int64_t label = 0; label < evaluation.classes; ++label) text += fmt::format("{:>6}", label);
  for (std::int64_t label = 0; label < evaluation.classes; ++label) {
    text += "\n" + row_name(names, label);
    for (std::int64_t predicted = 0; predicted < evaluation.classes; ++predicted) {
      const std::int64_t count = evaluation.confused(label, predicted);
      text += count ? fmt::format("{:>6}", count) : fmt::format("{:>6}", "·");
    }
  }
  return text + "\n";
}

std::string scores_text(const Evaluation& evaluation) {
  const ClassNames& names = evaluation.class_names;
  std::string text = fmt::format(
      "{}{:>8}{:>11}{:>9}{:>9}\n",
      fitted(names.class_noun(), columns(row_name(names, 0)), names.empty() ? Side::right : Side::left),
      "images", "precision", "recall", "F1");
  for (std::int64_t label = 0; label < evaluation.classes; ++label) {
    const ClassScores scores = scores_of(evaluation, label);
    text += fmt::format("{}{:>8}{:>11.4f}{:>9.4f}{:>9.4f}\n", row_name(names, label), scores.count,
                        scores.precision, scores.recall, scores.f1);
  }
  return text;
}

}  // namespace

double Evaluation::standard_error() const {
  const double p = metrics.accuracy();
  return metrics.count ? std::sqrt(p * (1 - p) / static_cast<double>(metrics.count)) : 0;
}

ClassScores scores_of(const Evaluation& evaluation, std::int64_t label) {
  const std::int64_t correct = evaluation.confused(label, label);
  std::int64_t predicted = 0;
  std::int64_t count = 0;
  for (std::int64_t other = 0; other < evaluation.classes; ++other) {
    predicted += evaluation.confused(other, label);
    count += evaluation.confused(label, other);
  }
  return {.count = count,
          .precision = share(correct, predicted),
          .recall = share(correct, count),
          .f1 = share(2 * correct, predicted + count)};
}

RunningModel start(const LoadedModel& loaded, const DeviceOptions& device) {
  device::OpenedBackend opened = device::open_backend(device::parse_device(device.device),
                                                      {.threads = static_cast<int>(device.threads)});
  if (opened.has_driver) show_once(opened.notice());
  RunningModel running{
      .device = opened.backend->info(), .backend = std::move(opened.backend), .program = nullptr};
  running.program = running.backend->compile(loaded.model.graph, {});
  running.program->set_parameters(loaded.checkpoint.parameters);
  return running;
}

EvaluatedModel evaluate_weights(const std::filesystem::path& weights, const ImageOptions& images,
                                const DeviceOptions& device, const std::optional<std::string>& model) {
  device::parse_device(device.device);  // reports errors of the command line first
  return evaluate_model(load_model(weights, model), images, device);
}

EvaluatedModel evaluate_model(LoadedModel loaded, const ImageOptions& images, const DeviceOptions& device) {
  if (images.split == "validation" &&
      images.validation.value_or(loaded.checkpoint.info.validation_count) == 0)
    throw UsageError(images.validation
                         ? "--split validation: with --validation 0 there are no validation images"
                         : "--split validation: these weights were trained without validation images");
  data::Dataset dataset = load_split(images, loaded.checkpoint.info);
  RunningModel running = start(loaded, device);
  const DatasetView data = split_named(dataset, images.split);
  Evaluation evaluation{.model = loaded.model.name,
                        .split = images.split,
                        .classes = data.classes,
                        .metrics = train::evaluate(*running.program, data),
                        .class_names = class_names_for(loaded, dataset)};
  return {std::move(loaded), std::move(dataset), std::move(running), data, std::move(evaluation)};
}

bool is_mnist_test(const data::Samples& test) {
  const auto digest = [](const std::vector<std::uint8_t>& file) {
    return sha256_hex(std::as_bytes(std::span(file)));
  };
  const auto& files = data::mnist_files();
  return digest(data::idx_label_file(test.labels)) == files[3].sha256 &&
         digest(data::idx_image_file(test.pixels)) == files[2].sha256;
}

std::string evaluation_line(const Evaluation& evaluation) {
  const Metrics& metrics = evaluation.metrics;
  return fmt::format("{} on {} {} images: accuracy {:.4f} ± {:.4f} ({} correct), loss {:.5f}\n",
                     evaluation.model, with_thousands(metrics.count), evaluation.split, metrics.accuracy(),
                     evaluation.standard_error(), with_thousands(metrics.correct), metrics.loss());
}

std::string evaluation_text(const Evaluation& evaluation) {
  return fmt::format("{}\n{}\n{}", evaluation_line(evaluation), matrix_text(evaluation),
                     scores_text(evaluation));
}

std::string evaluation_heading() {
  return fmt::format("{:<15}  {:>7}  {:>7}  {:>9}  {:<9}  weights\n", "accuracy", "correct", "images", "loss",
                     "model");
}

std::string evaluation_row(const Evaluation& evaluation, const std::string& weights) {
  const Metrics& metrics = evaluation.metrics;
  return fmt::format("{:.4f} ± {:.4f}  {:>7}  {:>7}  {:>9.5f}  {:<9}  {}\n", metrics.accuracy(),
                     evaluation.standard_error(), with_thousands(metrics.correct),
                     with_thousands(metrics.count), metrics.loss(), evaluation.model, printable(weights));
}

std::string evaluation_json(const Evaluation& evaluation, const LoadedModel& loaded,
                            const DeviceInfo& device) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (std::int64_t label = 0; label < evaluation.classes; ++label) {
    const ClassScores scores = scores_of(evaluation, label);
    nlohmann::ordered_json entry = {{"label", label}};
    if (!evaluation.class_names.empty()) entry["name"] = evaluation.class_names.of(label);
    entry.update({{"count", scores.count},
                  {"precision", scores.precision},
                  {"recall", scores.recall},
                  {"f1", scores.f1}});
    classes.push_back(std::move(entry));
  }
  nlohmann::ordered_json json = {{"model", evaluation.model},
                                 {"split", evaluation.split},
                                 {"count", evaluation.metrics.count},
                                 {"correct", evaluation.metrics.correct},
                                 {"accuracy", evaluation.metrics.accuracy()},
                                 {"standard_error", evaluation.standard_error()},
                                 {"loss", evaluation.metrics.loss()},
                                 {"confusion", train::confusion_rows(evaluation.metrics)},
                                 {"classes", classes},
                                 {"file", loaded.file.string()}};
  if (!loaded.is_imported) {
    json["epoch"] = loaded.checkpoint.info.epoch;
    json["step"] = loaded.checkpoint.info.step;
  }
  json["device"] = device.name;
  // Replaces invalid UTF-8, because a file name may contain any bytes.
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lenet::cli
