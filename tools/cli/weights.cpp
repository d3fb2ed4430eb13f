#include "tools/cli/weights.hpp"

#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
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

}  // namespace

LoadedModel load_model(const fs::path& file_or_folder) {
  std::error_code ignored;  // reading the file says what is wrong
  const fs::path file =
      fs::is_directory(file_or_folder, ignored) ? file_or_folder / "best.bin" : file_or_folder;
  Model model = model_of(io::read_checkpoint_info(file), file);
  io::Checkpoint checkpoint = io::load_checkpoint(file, model.graph);
  return {.file = file, .model = std::move(model), .checkpoint = std::move(checkpoint)};
}

}  // namespace lenet::cli
