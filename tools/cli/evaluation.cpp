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
#include "engine/device/devices.hpp"
#include "engine/train/evaluation.hpp"
#include "tools/cli/terminal.hpp"

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
  if (std::exchange(shown, notice) != notice) std::cerr << for_errors(notice);
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
  if (opened.has_driver && !device.quiet) show_once(opened.notice());
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
