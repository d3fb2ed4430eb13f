#pragma once

#include <cstring>
#include <string>
#include <vector>

/// Checkpoints as the first versions of this project wrote them, byte by byte: their digest covers the
/// weights alone, and last.bin names no settings.
namespace lenet::io {

/// Returns the values of a file's tensors, each a multiple of 0.5 from `first` on.
inline std::vector<float> old_values(float first, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = first + 0.5f * static_cast<float>(i);
  return values;
}

inline std::string old_file(const std::string& header, const std::vector<std::vector<float>>& arrays) {
  std::string json = header;
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = json.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += json;
  for (const auto& array : arrays)
    bytes.append(reinterpret_cast<const char*>(array.data()), array.size() * sizeof(float));
  return bytes;
}

/// best.bin of a graph with one tensor of each kind: "fc1.weight" of 3×4 and "fc1.bias" of 3.
inline std::string old_best() {
  return old_file(
      R"({"__metadata__":{"dropout":"0.5","epoch":"2","format":"pt","model":"cnn","recipe":"keras","seed":"7",)"
      R"("sha256":"0e1372c754d2b33a7f2febb8962304dbe409b2305be3a1b6089d6004934b9b7a","step":"20","val_accuracy":"0.75","val_loss":"0.5","validation_count":"5"},)"
      R"("fc1.weight":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},)"
      R"("fc1.bias":{"dtype":"F32","shape":[3],"data_offsets":[48,60]}})",
      {old_values(0, 12), old_values(-1, 3)});
}

/// last.bin of the same graph, with one moment, in the middle of the third epoch.
inline std::string old_last() {
  return old_file(
      R"({"__metadata__":{"epoch":"2","format":"pt","model":"cnn","recipe":"keras","seed":"7",)"
      R"("sha256":"d3e10878ac263ac500be1f128e079bcaf082a796425be92ebd41210a38937f60","step":"25","training.best_report":"2",)"
      R"("training.best_val_accuracy":"0.75","training.best_val_loss":"0.5","training.correct":"17",)"
      R"("training.count":"40","training.evaluations_without_progress":"0",)"
      R"("training.labels_sha256":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","training.loss_sum":"12.25","training.moments":"1",)"
      R"("training.reports":"2","val_accuracy":"0.75","val_loss":"0.5","validation_count":"5"},)"
      R"("fc1.weight":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},)"
      R"("fc1.bias":{"dtype":"F32","shape":[3],"data_offsets":[48,60]},)"
      R"("optimizer.0.fc1.weight":{"dtype":"F32","shape":[3,4],"data_offsets":[60,108]},)"
      R"("optimizer.0.fc1.bias":{"dtype":"F32","shape":[3],"data_offsets":[108,120]}})",
      {old_values(0, 12), old_values(-1, 3), old_values(100, 12), old_values(200, 3)});
}

}  // namespace lenet::io
