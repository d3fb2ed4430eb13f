#pragma once

#include "engine/tensorboard/event.pb.h"
#include "engine/tensorboard/summary.hpp"

/// From plain data to protobuf's messages; for this folder's sources alone.
namespace lenet::tensorboard {

events::Summary::Value message_of(const Summary& summary);

/// The HParams tab reads these three from the metadata.
void fill(events::Summary::Value& message, const Experiment& experiment);
void fill(events::Summary::Value& message, const SessionStart& session);
void fill(events::Summary::Value& message, const SessionEnd& session);

}  // namespace lenet::tensorboard
