#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/graph/recipe.hpp"
#include "engine/io/checkpoint.hpp"
#include "tools/cli/options.hpp"

/// Weights files that programs take: a best.bin or last.bin, which name their model.
namespace lenet::cli {

/// Weights from a file, with their model.
struct LoadedModel {
  std::filesystem::path file;
  Model model;
  io::Checkpoint checkpoint;
};

/// Reads a weights file, or best.bin in a run's folder. The file names the model. Throws CheckpointError or
/// IoError.
LoadedModel load_model(const std::filesystem::path& file_or_folder);

}  // namespace lenet::cli
