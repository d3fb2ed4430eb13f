// Weights files: the header and its metadata, whole files of a small network, and those of other programs.
#include <cmath>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/io/checkpoint.hpp"
#include "engine/io/checkpoint_metadata.hpp"
#include "engine/io/imported_weights.hpp"
#include "engine/io/safetensors.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/io/foreign_weights.hpp"
#include "tests/support/temporary_folder.hpp"

namespace lenet::fuzz {
namespace {

const Graph& small_graph() {
  static const Graph graph = [] {
    Graph chain(Image{.channels = 1, .height = 2, .width = 2});
    chain.add(Flatten{});
    chain.add("fc1", Linear{.units = 2});
    return chain;
  }();
  return graph;
}

io::Checkpoint small_checkpoint() {
  io::Checkpoint checkpoint{.info = {.model = "mlp", .recipe = "keras", .epoch = 2, .step = 25}};
  checkpoint.parameters.assign(static_cast<std::size_t>(small_graph().parameter_count()), 0.25f);
  return checkpoint;
}

std::string saved(const io::Checkpoint& checkpoint) {
  static const TemporaryFolder folder;
  io::save_checkpoint(folder / "saved", small_graph(), checkpoint);
  return read_file(folder / "saved");
}

/// Reads all that the header says. In files that fuzzing makes, the digest hides most of it.
void read_header(const std::filesystem::path& path) {
  try {
    const io::SafetensorsReader reader(path);
    std::uint64_t end = 0;
    for (const io::SafetensorsEntry& tensor : reader.header().tensors) {
      demand(tensor.begin == end && tensor.end >= tensor.begin, "tensors overlap or have a gap");
      end = tensor.end;
    }
    const io::Metadata& metadata = reader.header().metadata;
    io::settings_of(metadata);
    io::info_of(metadata, path);
    io::moments_of(metadata, path);
    io::state_of(metadata, path);
  } catch (const CheckpointError&) {
  }
}

/// Reads the file as weights of another program.
void read_imported(const std::filesystem::path& path) {
  try {
    const std::vector<float> weights = io::import_weights(path, small_graph(), "small");
    demand(std::ssize(weights) == small_graph().parameter_count(), "weights were lost");
    for (const float weight : weights) demand(std::isfinite(weight), "a weight is not finite");
  } catch (const CheckpointError&) {
  }
}

}  // namespace

void run_checkpoint(Bytes bytes) {
  static MemoryFile file;
  file.set(bytes);
  read_header(file.path());
  read_imported(file.path());
  try {
    const io::Checkpoint loaded = io::load_checkpoint(file.path(), small_graph());
    const std::string once = saved(loaded);
    file.set(bytes_of(once));
    demand(saved(io::load_checkpoint(file.path(), small_graph())) == once,
           "an accepted checkpoint is not what was read");
  } catch (const CheckpointError&) {
  }
}

std::vector<std::string> checkpoint_seeds() {
  const io::Checkpoint best = small_checkpoint();
  io::Checkpoint last = small_checkpoint();
  last.info.dropout = 0.5f;
  last.info.class_names = ClassNames({"ankle boot", "靴"});
  last.state = io::RunState{.step = 25, .evaluations = 2, .best_evaluation = 1};
  last.moments.assign(2, best.parameters);
  last.labels_sha256 = std::string(64, 'd');
  last.settings = {{"batch", "50"}, {"lr", "0.0001"}};
  std::vector<io::ForeignTensor> halves = io::foreign_tensors(small_graph(), best.parameters);
  for (io::ForeignTensor& tensor : halves) {
    tensor.dtype = "F16";
    tensor.bytes.resize(tensor.bytes.size() / 2);
  }
  return {saved(best), saved(last), io::foreign_file(halves)};
}

}  // namespace lenet::fuzz
