#include "tests/reference/layers.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include "engine/core/philox.hpp"

namespace lenet::reference {
namespace {

Values zeros(std::int64_t count) { return Values(at(count)); }

// --- Convolution -------------------------------------------------------------------------------------------

/// A weight of a filter meets a row of the input and gives to a row of the output; these are their first
/// elements and their common length.
struct Row {
  std::int64_t weight, filter, input, output, length;
};

/// Calls visit(Row) for every sample, weight and output row. What the kernel reads outside the image is zero
/// and left out.
template <class Visit>
void for_each_row(const Conv2d& conv, const Place& place, Visit visit) {
  const Shape &in = place.node.input, &out = place.node.output;
  const std::int64_t channels = in[0], height = in[1], width = in[2], size = conv.kernel;
  const std::int64_t border = conv.padding == Padding::same ? size / 2 : 0;
  for (std::int64_t n = 0; n < place.count; ++n)
    for (std::int64_t o = 0; o < conv.filters; ++o)
      for (std::int64_t i = 0; i < channels; ++i)
        for (std::int64_t ky = 0; ky < size; ++ky)
          for (std::int64_t kx = 0; kx < size; ++kx)
            for (std::int64_t y = 0; y < out[1]; ++y) {
              const std::int64_t input_y = y + ky - border;
              if (input_y < 0 || input_y >= height) continue;
              const std::int64_t first = std::max<std::int64_t>(0, border - kx);
              const std::int64_t last = std::min(out[2], width + border - kx);  // one past it
              if (first >= last) continue;
              visit(Row{.weight = ((o * channels + i) * size + ky) * size + kx,
                        .filter = o,
                        .input = ((n * channels + i) * height + input_y) * width + first + kx - border,
                        .output = ((n * conv.filters + o) * out[1] + y) * out[2] + first,
                        .length = last - first});
            }
}

Values forward(const Conv2d& conv, const Place& place, const Values& input) {
  const std::int64_t plane = place.node.output[1] * place.node.output[2];
  Values output = zeros(place.count * place.node.output.count());
  for (std::int64_t i = 0; i < std::ssize(output); ++i)
    output[at(i)] = place.parameters[1][at(i / plane % conv.filters)];
  for_each_row(conv, place, [&](const Row& row) {
    const double weight = place.parameters[0][at(row.weight)];
    for (std::int64_t k = 0; k < row.length; ++k)
      output[at(row.output + k)] += weight * input[at(row.input + k)];
  });
  return output;
}

Values input_gradient(const Conv2d& conv, const Place& place, const Values& input,
                      const Values& output_gradient) {
  Values gradient = zeros(std::ssize(input));
  for_each_row(conv, place, [&](const Row& row) {
    const double weight = place.parameters[0][at(row.weight)];
    for (std::int64_t k = 0; k < row.length; ++k)
      gradient[at(row.input + k)] += weight * output_gradient[at(row.output + k)];
  });
  return gradient;
}

ParameterGradient parameter_gradient(const Conv2d& conv, const Place& place, const Values& input,
                                     const Values& output_gradient) {
  const std::int64_t plane = place.node.output[1] * place.node.output[2];
  ParameterGradient gradient{zeros(std::ssize(place.parameters[0])), zeros(conv.filters)};
  for_each_row(conv, place, [&](const Row& row) {
    double sum = 0;
    for (std::int64_t k = 0; k < row.length; ++k)
      sum += output_gradient[at(row.output + k)] * input[at(row.input + k)];
    gradient[0][at(row.weight)] += sum;
  });
  for (std::int64_t i = 0; i < std::ssize(output_gradient); ++i)
    gradient[1][at(i / plane % conv.filters)] += output_gradient[at(i)];
  return gradient;
}

// --- Linear ------------------------------------------------------------------------------------------------

Values forward(const Linear& linear, const Place& place, const Values& input) {
  const std::int64_t features = place.node.input[0];
  Values output = zeros(place.count * linear.units);
  for (std::int64_t n = 0; n < place.count; ++n)
    for (std::int64_t u = 0; u < linear.units; ++u) {
      double sum = place.parameters[1][at(u)];
      for (std::int64_t f = 0; f < features; ++f)
        sum += place.parameters[0][at(u * features + f)] * input[at(n * features + f)];
      output[at(n * linear.units + u)] = sum;
    }
  return output;
}

Values input_gradient(const Linear& linear, const Place& place, const Values& input,
                      const Values& output_gradient) {
  const std::int64_t features = place.node.input[0];
  Values gradient = zeros(std::ssize(input));
  for (std::int64_t n = 0; n < place.count; ++n)
    for (std::int64_t u = 0; u < linear.units; ++u)
      for (std::int64_t f = 0; f < features; ++f)
        gradient[at(n * features + f)] +=
            place.parameters[0][at(u * features + f)] * output_gradient[at(n * linear.units + u)];
  return gradient;
}

ParameterGradient parameter_gradient(const Linear& linear, const Place& place, const Values& input,
                                     const Values& output_gradient) {
  const std::int64_t features = place.node.input[0];
  ParameterGradient gradient{zeros(std::ssize(place.parameters[0])), zeros(linear.units)};
  for (std::int64_t n = 0; n < place.count; ++n)
    for (std::int64_t u = 0; u < linear.units; ++u) {
      const double of_output = output_gradient[at(n * linear.units + u)];
      for (std::int64_t f = 0; f < features; ++f)
        gradient[0][at(u * features + f)] += of_output * input[at(n * features + f)];
      gradient[1][at(u)] += of_output;
    }
  return gradient;
}

// --- Layers without parameters -----------------------------------------------------------------------------

Values forward(const Relu&, const Place&, const Values& input) {
  Values output = input;
  for (double& value : output) value = std::max(value, 0.0);
  return output;
}

Values input_gradient(const Relu&, const Place&, const Values& input, const Values& output_gradient) {
  Values gradient = output_gradient;
  for (std::size_t i = 0; i < input.size(); ++i)
    if (input[i] <= 0) gradient[i] = 0;
  return gradient;
}

/// For every output of a max-pooling, the index of the input that it takes: the first of equal maxima.
std::vector<std::size_t> window_argmax(const MaxPool2d& pool, const Place& place, const Values& input) {
  const std::int64_t height = place.node.input[1], width = place.node.input[2];
  const std::int64_t rows = place.node.output[1], columns = place.node.output[2];
  std::vector<std::size_t> result;
  result.reserve(at(place.count * place.node.output.count()));
  for (std::int64_t plane = 0; plane < place.count * place.node.input[0]; ++plane)
    for (std::int64_t y = 0; y < rows; ++y)
      for (std::int64_t x = 0; x < columns; ++x) {
        std::size_t best = at((plane * height + y * pool.window) * width + x * pool.window);
        for (std::int64_t dy = 0; dy < pool.window; ++dy)
          for (std::int64_t dx = 0; dx < pool.window; ++dx) {
            const std::size_t candidate =
                at((plane * height + y * pool.window + dy) * width + x * pool.window + dx);
            if (input[candidate] > input[best]) best = candidate;
          }
        result.push_back(best);
      }
  return result;
}

Values forward(const MaxPool2d& pool, const Place& place, const Values& input) {
  Values output;
  for (const std::size_t argmax : window_argmax(pool, place, input)) output.push_back(input[argmax]);
  return output;
}

Values input_gradient(const MaxPool2d& pool, const Place& place, const Values& input,
                      const Values& output_gradient) {
  Values gradient(input.size());
  const std::vector<std::size_t> argmax = window_argmax(pool, place, input);
  for (std::size_t i = 0; i < argmax.size(); ++i) gradient[argmax[i]] += output_gradient[i];
  return gradient;
}

Values forward(const Flatten&, const Place&, const Values& input) { return input; }

Values input_gradient(const Flatten&, const Place&, const Values&, const Values& output_gradient) {
  return output_gradient;
}

/// Element i of the batch is dropped if word i of its Philox sequence is below rate · 2³².
Values masked(const Dropout& dropout, const Place& place, Values values) {
  if (!place.dropout) return values;
  const double rate = dropout.rate;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const PhiloxWords words = random_words(place.dropout->seed, RandomStream::dropout, place.dropout->step,
                                           place.index, static_cast<std::uint32_t>(i / 4));
    const bool dropped = words.word[i % 4] < std::floor(rate * 0x1p32);
    values[i] = dropped ? 0.0 : values[i] / (1.0 - rate);
  }
  return values;
}

Values forward(const Dropout& dropout, const Place& place, const Values& input) {
  return masked(dropout, place, input);
}

Values input_gradient(const Dropout& dropout, const Place& place, const Values&,
                      const Values& output_gradient) {
  return masked(dropout, place, output_gradient);
}

ParameterGradient parameter_gradient(const Relu&, const Place&, const Values&, const Values&) { return {}; }
ParameterGradient parameter_gradient(const MaxPool2d&, const Place&, const Values&, const Values&) {
  return {};
}
ParameterGradient parameter_gradient(const Flatten&, const Place&, const Values&, const Values&) {
  return {};
}
ParameterGradient parameter_gradient(const Dropout&, const Place&, const Values&, const Values&) {
  return {};
}

}  // namespace

Values layer_forward(const Place& place, const Values& input) {
  return std::visit([&](const auto& layer) { return forward(layer, place, input); }, place.node.layer);
}

Values layer_input_gradient(const Place& place, const Values& input, const Values& output_gradient) {
  return std::visit([&](const auto& layer) { return input_gradient(layer, place, input, output_gradient); },
                    place.node.layer);
}

ParameterGradient layer_parameter_gradient(const Place& place, const Values& input,
                                           const Values& output_gradient) {
  return std::visit(
      [&](const auto& layer) { return parameter_gradient(layer, place, input, output_gradient); },
      place.node.layer);
}

}  // namespace lenet::reference
