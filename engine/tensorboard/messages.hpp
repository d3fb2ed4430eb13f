#pragma once

#include <string>

#include "engine/graph/graph.hpp"
#include "engine/tensorboard/event.pb.h"
#include "engine/tensorboard/summary.hpp"

/// Conversion of plain data into protobuf's messages. Included only by the sources of this folder.
namespace lenet::tensorboard {

events::Summary::Value message_of(const Summary& summary);

/// Sets the tag and the metadata, from which the HParams tab reads these three.
void fill(events::Summary::Value& message, const Experiment& experiment);
void fill(events::Summary::Value& message, const SessionStart& session);
void fill(events::Summary::Value& message, const SessionEnd& session);

/// Serializes a model as TensorFlow's GraphDef, from the images to the loss. A layer without parameters is a
/// node; a layer with parameters is a group of its operation and its parameters. Edges carry shapes.
std::string graph_message(const Graph& graph);

}  // namespace lenet::tensorboard
