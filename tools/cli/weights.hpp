#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "data/dataset.hpp"
#include "engine/core/class_names.hpp"
#include "engine/graph/recipe.hpp"
#include "engine/io/checkpoint.hpp"
#include "tools/cli/options.hpp"

/// Weights files that programs take: a best.bin or last.bin, which name their model, or weights that another
/// program has saved.
namespace lenet::cli {

/// Weights from a file, with their model.
struct LoadedModel {
  std::filesystem::path file;
  Model model;
  io::Checkpoint checkpoint;
  bool is_imported = false;  ///< from another program: of the checkpoint's info, only the model is known
};

/// Returns the option that names the model of weights from another program.
Option weights_model_option(std::string_view group, std::optional<std::string>* field);

/// Reads a weights file, or best.bin in a run's folder. The file names the model; `model` names that of
/// weights without metadata, and a file that names another model is refused. Throws CheckpointError or
/// IoError.
LoadedModel load_model(const std::filesystem::path& file_or_folder,
                       const std::optional<std::string>& model = std::nullopt);

/// Returns the names of classes that a weights file has, or else those of the data. If the two differ, warns
/// of it.
ClassNames class_names_for(const std::filesystem::path& weights, const ClassNames& of_weights,
                           const data::Dataset& data);
ClassNames class_names_for(const LoadedModel& loaded, const data::Dataset& data);

}  // namespace lenet::cli
