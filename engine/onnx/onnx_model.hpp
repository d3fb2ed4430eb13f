#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "engine/graph/graph.hpp"

/// Networks with their weights in ONNX's format, which other programs run. https://onnx.ai
namespace lenet::onnx {

/// The version of the operators that a model is written with; every runtime since 2021 knows it.
inline constexpr int kOpset = 13;
/// The name of a model's input.
inline constexpr std::string_view kInputName = "images";

/// The form of a model's input and output.
struct ModelForm {
  bool scale = true;     ///< takes pixels as uint8 and divides them by 255; otherwise takes floats of 0 to 1
  bool softmax = false;  ///< gives probabilities, not logits

  /// Returns the name of the output.
  constexpr std::string_view output_name() const { return softmax ? "probabilities" : "logits"; }
};

/// Origin of a model.
struct ModelOrigin {
  std::string name;                             ///< "cnn"
  std::string version;                          ///< of this program
  std::map<std::string, std::string> metadata;  ///< any texts, by their keys
};

/// Returns a network as an ONNX model for inference: batches of any size, N×C×H×W, to N×classes. Dropout does
/// nothing there. `parameters` are in canonical order, and their tensors have the parameters' names. Throws
/// GraphError if the graph gives no logits, Error if the model has more bytes than ONNX allows.
std::string serialize_model(const Graph& graph, std::span<const float> parameters, const ModelForm& form,
                            const ModelOrigin& origin);

}  // namespace lenet::onnx
