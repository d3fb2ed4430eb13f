#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "engine/train/checkpoints.hpp"
#include "engine/train/metrics_csv.hpp"
#include "engine/train/trainer.hpp"
#include "tests/support/read_all.hpp"

namespace lenet::train {

/// Has a training write the files of a run: best.bin, metrics.csv and last.bin.
inline void add_files(Trainer& trainer, const std::filesystem::path& folder) {
  const auto writer = std::make_shared<io::CheckpointWriter>();
  const auto files = std::make_shared<AppendFiles>();
  trainer.add(std::make_unique<BestCheckpoint>(folder / "best.bin", writer));
  trainer.add(std::make_unique<MetricsCsv>(folder / "metrics.csv", files));
  trainer.add(std::make_unique<LastCheckpoint>(folder / "last.bin", writer, files));
}

}  // namespace lenet::train
