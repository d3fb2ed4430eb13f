// Messages as TensorBoard's own hparams API (tensorboard/plugins/hparams/summary_v2.py) writes them.
#include <chrono>

#include "engine/tensorboard/hparams.pb.h"
#include "engine/tensorboard/messages.hpp"

namespace lenet::tensorboard {
namespace {

using HParam = std::variant<double, std::string, bool>;

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void set(events::Value& value, double number) { value.set_number_value(number); }
void set(events::Value& value, const std::string& text) { value.set_string_value(text); }
void set(events::Value& value, bool flag) { value.set_bool_value(flag); }

events::HParamInfo::Type type_of(const HParam& value) {
  if (std::holds_alternative<double>(value)) return events::HParamInfo::FLOAT64;
  return std::holds_alternative<bool>(value) ? events::HParamInfo::BOOL : events::HParamInfo::STRING;
}

// Stores the data in the metadata. The tensor is needed only because TensorBoard drops values without one.
void set_content(events::Summary::Value& message, std::string_view tag,
                 const events::HParamsPluginData& data) {
  message.set_tag(std::string(tag));
  message.mutable_metadata()->set_data_class(events::DATA_CLASS_TENSOR);
  events::SummaryMetadata::PluginData& plugin = *message.mutable_metadata()->mutable_plugin_data();
  plugin.set_plugin_name("hparams");
  data.SerializeToString(plugin.mutable_content());
  message.mutable_tensor()->set_dtype(events::DT_FLOAT);
  message.mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(1);
  message.mutable_tensor()->add_float_val(0);
}

}  // namespace

void fill(events::Summary::Value& message, const Experiment& experiment) {
  events::HParamsPluginData data;
  for (const auto& [name, value] : experiment.example.hparams) {
    events::HParamInfo& info = *data.mutable_experiment()->add_hparam_infos();
    info.set_name(name);
    info.set_type(type_of(value));
    info.set_differs(experiment.first.contains(name));
  }
  for (const Experiment::Metric& metric : experiment.metrics) {
    events::MetricInfo& info = *data.mutable_experiment()->add_metric_infos();
    info.mutable_name()->set_group(metric.group);
    info.mutable_name()->set_tag(metric.tag);
    info.set_display_name(metric.name);
  }
  set_content(message, kExperimentTag, data);
}

void fill(events::Summary::Value& message, const SessionStart& session) {
  events::HParamsPluginData data;
  auto& values = *data.mutable_session_start_info()->mutable_hparams();
  for (const auto& [name, value] : session.hparams)
    std::visit([&](const auto& plain) { set(values[name], plain); }, value);
  data.mutable_session_start_info()->set_start_time_secs(seconds_since_1970());
  set_content(message, kSessionStartTag, data);
}

void fill(events::Summary::Value& message, const SessionEnd& session) {
  events::HParamsPluginData data;
  data.mutable_session_end_info()->set_status(session.success ? events::SessionEndInfo::SUCCESS
                                                              : events::SessionEndInfo::FAILURE);
  data.mutable_session_end_info()->set_end_time_secs(seconds_since_1970());
  set_content(message, kSessionEndTag, data);
}

}  // namespace lenet::tensorboard
