#include <bit>
#include <cstring>
#include <fmt/format.h>

#include "engine/tensorboard/messages.hpp"

namespace lenet::tensorboard {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor_content is little-endian");

void set_plugin(events::Summary::Value& message, const char* plugin, events::DataClass data_class) {
  message.mutable_metadata()->mutable_plugin_data()->set_plugin_name(plugin);
  message.mutable_metadata()->set_data_class(data_class);
}

events::TensorProto& tensor(events::Summary::Value& message, events::DataType type) {
  message.mutable_tensor()->set_dtype(type);
  message.mutable_tensor()->mutable_tensor_shape();  // sets the empty shape of a scalar
  return *message.mutable_tensor();
}

void add_size(events::TensorProto& tensor, std::size_t size) {
  tensor.mutable_tensor_shape()->add_dim()->set_size(static_cast<std::int64_t>(size));
}

void fill(events::Summary::Value& message, const Scalar& scalar) {
  set_plugin(message, "scalars", events::DATA_CLASS_SCALAR);
  tensor(message, events::DT_FLOAT).add_float_val(static_cast<float>(scalar.value));
}

void fill(events::Summary::Value& message, const Text& text) {
  set_plugin(message, "text", events::DATA_CLASS_TENSOR);
  tensor(message, events::DT_STRING).add_string_val(text.markdown);
}

// A tensor of shape buckets×3: left, right, count.
void fill(events::Summary::Value& message, const Histogram& histogram) {
  set_plugin(message, "histograms", events::DATA_CLASS_TENSOR);
  events::TensorProto& values = tensor(message, events::DT_DOUBLE);
  add_size(values, histogram.buckets.size());
  add_size(values, 3);
  static_assert(sizeof(Histogram::Bucket) == 3 * sizeof(double));
  values.set_tensor_content(histogram.buckets.data(), histogram.buckets.size() * sizeof(Histogram::Bucket));
}

// A tensor of three texts: width, height, PNG.
void fill(events::Summary::Value& message, const Picture& picture) {
  set_plugin(message, "images", events::DATA_CLASS_BLOB_SEQUENCE);
  events::TensorProto& values = tensor(message, events::DT_STRING);
  add_size(values, 3);
  values.add_string_val(fmt::format("{}", picture.width));
  values.add_string_val(fmt::format("{}", picture.height));
  values.add_string_val(picture.png);
}

}  // namespace

events::Summary::Value message_of(const Summary& summary) {
  events::Summary::Value message;
  message.set_tag(summary.tag);
  std::visit([&](const auto& value) { fill(message, value); }, summary.value);
  if (!summary.description.empty()) message.mutable_metadata()->set_summary_description(summary.description);
  return message;
}

}  // namespace lenet::tensorboard
