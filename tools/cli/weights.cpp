#include "tools/cli/weights.hpp"

#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "data/mnist.hpp"
#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "engine/io/imported_weights.hpp"
#include "engine/io/metrics_table.hpp"
#include "models/models.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

Model model_of(const io::CheckpointInfo& info, const fs::path& file) {
  try {
    return models::make_model(info.model, {.recipe = info.recipe, .dropout = info.dropout});
  } catch (const UsageError& error) {
    throw CheckpointError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

LoadedModel load_own(const fs::path& file, const io::CheckpointInfo& info,
                     const std::optional<std::string>& expected) {
  if (expected && *expected != info.model)
    throw CheckpointError(fmt::format("{}: has weights of the model '{}', expected '{}'", file.string(),
                                      shortened(info.model), *expected));
  Model model = model_of(info, file);
  io::Checkpoint checkpoint = io::load_checkpoint(file, model.graph);
  return {.file = file, .model = std::move(model), .checkpoint = std::move(checkpoint)};
}

LoadedModel load_imported(const fs::path& file, const std::optional<std::string>& name) {
  if (!name)
    throw CheckpointError(fmt::format("{}: does not say which model it is for: give --model ({})",
                                      file.string(), list_of(models::model_names())));
  Model model = models::make_model(*name);
  io::Checkpoint checkpoint{.info = {.model = *name},
                            .parameters = io::import_weights(file, model.graph, *name)};
  return {.file = file, .model = std::move(model), .checkpoint = std::move(checkpoint), .is_imported = true};
}

/// Returns whether a file is the best.bin that a run will write at its first evaluation.
bool is_to_be_written(const fs::path& file) {
  const fs::path folder = file.parent_path();
  std::error_code ignored;  // reading the file says what is wrong
  if (file.filename() != "best.bin" || fs::exists(fs::symlink_status(file, ignored)) ||
      !fs::exists(folder / "config.toml", ignored))
    return false;
  try {
    return !fs::exists(folder / "metrics.csv", ignored) ||
           io::read_metrics_so_far(folder / "metrics.csv").empty();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Option weights_model_option(std::string_view group, std::optional<std::string>* field) {
  return Option{"model", "NAME", group, "the weights' model", "the file's", field}
      .among(models::model_names())
      .only_flag();
}

LoadedModel load_model(const fs::path& file_or_folder, const std::optional<std::string>& model) {
  std::error_code ignored;  // reading the file says what is wrong
  const fs::path file =
      fs::is_directory(file_or_folder, ignored) ? file_or_folder / "best.bin" : file_or_folder;
  if (is_to_be_written(file))
    throw CheckpointError(
        fmt::format("{}: is not there yet: a run writes its first at its first evaluation", file.string()));
  const auto info = io::find_checkpoint_info(file);
  return info ? load_own(file, *info, model) : load_imported(file, model);
}

ClassNames class_names_for(const fs::path& weights, const ClassNames& of_weights, const data::Dataset& data) {
  const ClassNames& of_data = data.class_names;
  if (of_weights.empty()) return of_data;
  for (std::int64_t label = 0; !of_data.empty() && std::cmp_less(label, of_weights.size()); ++label) {
    if (of_weights.of(label) == of_data.of(label)) continue;
    warn(fmt::format("{}: has class {} as '{}', but {} as '{}': the names of the weights are used",
                     weights.string(), label, of_weights.of(label),
                     (data.folder / data::kClassNamesFile).string(), of_data.of(label)));
    break;
  }
  return of_weights;
}

ClassNames class_names_for(const LoadedModel& loaded, const data::Dataset& data) {
  return class_names_for(loaded.file, loaded.checkpoint.info.class_names, data);
}

}  // namespace lenet::cli
