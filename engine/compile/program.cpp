#include "engine/compile/program.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/core/error.hpp"

namespace lenet::compile {

std::size_t ParameterArrays::count(const CompileOptions& options) {
  return options.training ? moment(moment_count(options.training->optimizer)) : kWeights + 1;
}

const TrainingOptions& CompiledProgram::training() const {
  if (!options_.training) throw Error("this network was compiled for inference: it cannot be trained");
  return *options_.training;
}

std::int64_t CompiledProgram::slot_capacity(std::int64_t evaluation_batch) const {
  return options_.training ? std::max(options_.training->batch, evaluation_batch) : evaluation_batch;
}

std::size_t CompiledProgram::moment_arrays() const {
  return options_.training ? moment_count(options_.training->optimizer) : 0;
}

void CompiledProgram::set_parameters(std::span<const float> values) {
  select_device();
  parameters_are_finite_ = std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  arrays().import_array(ParameterArrays::kWeights, values);
}

std::vector<float> CompiledProgram::parameters() {
  select_device();
  return arrays().export_array(ParameterArrays::kWeights);
}

void CompiledProgram::set_moments(std::span<const std::vector<float>> moments) {
  if (moments.size() != moment_arrays())
    throw Error("the optimizer keeps " + std::to_string(moment_arrays()) + " moments, not " +
                std::to_string(moments.size()));
  select_device();
  for (std::size_t i = 0; i < moments.size(); ++i)
    arrays().import_array(ParameterArrays::moment(i), moments[i]);
}

std::vector<std::vector<float>> CompiledProgram::moments() {
  select_device();
  std::vector<std::vector<float>> moments;
  for (std::size_t i = 0; i < moment_arrays(); ++i)
    moments.push_back(arrays().export_array(ParameterArrays::moment(i)));
  return moments;
}

std::vector<float> CompiledProgram::gradients() {
  if (!options_.training) return {};
  select_device();
  return arrays().export_array(ParameterArrays::kGradients);
}

std::vector<float> CompiledProgram::logits(std::span<const std::uint8_t> pixels) {
  select_device();
  const auto sample = static_cast<std::size_t>(graph_.input_count());
  const auto chunk = static_cast<std::size_t>(evaluation_batch()) * sample;
  std::vector<float> logits;
  logits.reserve(pixels.size() / sample * static_cast<std::size_t>(graph_.classes()));
  for (; !pixels.empty(); pixels = pixels.subspan(std::min(pixels.size(), chunk)))
    append_logits(pixels.first(std::min(pixels.size(), chunk)), logits);
  if (!parameters_are_finite_) std::ranges::fill(logits, std::numeric_limits<float>::quiet_NaN());
  return logits;
}

}  // namespace lenet::compile
