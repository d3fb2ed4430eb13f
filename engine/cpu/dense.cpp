#include <algorithm>

#include "engine/cpu/op.hpp"
#include "engine/cpu/sparse_matrix.hpp"

namespace lenet::cpu {
namespace {

/// Units whose weights are updated by one task: their gradients share cache lines.
constexpr std::int64_t kUnitGroup = 16;
/// Units per task of the forward pass.
constexpr std::int64_t kForwardGroup = 32;
/// Inputs per task of the data gradient: this many columns of the weights stay in the second-level cache
/// while all samples use them.
constexpr std::int64_t kInputGroup = 112;

/// Computes y = W x + b and the ReLU that follows. Reads images pixel by pixel, in the order in which the
/// layer before it wrote them; the weights are in the same order. If the weights are small, a task takes some
/// samples through the whole layer, else it computes some units for all samples.
///
/// Backward, the gradient of the result is taken as a sparse matrix, since ReLU and dropout leave most of it
/// zero.
class DenseOp : public Op {
 public:
  DenseOp(const BuildContext& build, const Node& node, bool relu, const Activation& input);

  const Activation& result() const { return result_; }
  void describe_parameters(std::vector<ParameterLayout>& layouts) const override;
  void bind(Parameters& parameters) override { parameters_ = &parameters; }
  std::size_t scratch_bytes() const override;

  void add_forward(Stages& stages) override;
  void add_backward(Stages& stages) override;
  void add_update(Stages& stages) override { stages.alongside<&DenseOp::update>(*this, units_, kUnitGroup); }

  void forward_samples(const StepContext&, Range samples, Scratch) { forward(samples, {0, rows()}); }
  void forward_units(const StepContext& context, Range units, Scratch) { forward({0, context.count}, units); }
  /// Applies the ReLU's backward pass to the gradient of the result and lists what is left of it.
  void list_gradient(const StepContext&, Range samples, Scratch);
  void data_gradient_of_samples(const StepContext&, Range samples, Scratch) {
    data_gradient(samples, {0, inputs_});
  }
  void data_gradient_of_inputs(const StepContext& context, Range inputs, Scratch) {
    data_gradient({0, context.count}, inputs);
  }
  void update(const StepContext& context, Range units, Scratch scratch);

 private:
  void forward(Range samples, Range units) const;
  void data_gradient(Range samples, Range inputs) const;
  float* weights() const { return parameters_->weights() + parameters_->offset(weight_); }
  /// Returns the rows of weights, zero rows for the kernel included.
  std::int64_t rows() const { return round_up(units_, 4); }

  const Kernels& kernels_;
  Activation input_, result_;
  int weight_, bias_;
  bool relu_;
  std::int64_t units_, inputs_, weight_row_, capacity_;
  Parameters* parameters_ = nullptr;
  SparseMatrix gradient_;  ///< a row per sample
};

DenseOp::DenseOp(const BuildContext& build, const Node& node, bool relu, const Activation& input)
    : Op(node.name),
      kernels_(build.kernels),
      input_(input),
      result_(build.activation(Layout::of_result(node.output, 0), true)),
      weight_(node.parameters[Linear::kWeight]),
      bias_(node.parameters[Linear::kBias]),
      relu_(relu),
      units_(node.output[0]),
      inputs_(input.layout.floats()),
      weight_row_(row_length(inputs_)),
      capacity_(build.capacity) {
  set_products(build, "dense product", "sparse gradient", input.wants_gradient());
  if (input.wants_gradient()) gradient_ = SparseMatrix(build.capacity, units_);
}

void DenseOp::describe_parameters(std::vector<ParameterLayout>& layouts) const {
  const Layout& input = input_.layout;
  layouts[static_cast<std::size_t>(weight_)] = {.outputs = units_,
                                                .channels = input.channels,
                                                .height = input.height,
                                                .width = input.width,
                                                .output_step = weight_row_,
                                                .channel_step = 1,
                                                .row_step = input.row(),
                                                .column_step = input.pixel,
                                                .floats = rows() * weight_row_};
  layouts[static_cast<std::size_t>(bias_)] = {.outputs = units_, .floats = rows()};
}

std::size_t DenseOp::scratch_bytes() const {
  return SparseMatrix::scratch_bytes(kUnitGroup, capacity_) + Scratch::bytes<float>(kUnitGroup);
}

void DenseOp::add_forward(Stages& stages) {
  if (fits_in_cache(rows() * weight_row_))
    stages.by_samples<&DenseOp::forward_samples>(*this, kSampleGroup);
  else
    stages.by_units<&DenseOp::forward_units>(*this, rows(), kForwardGroup);
}

void DenseOp::add_backward(Stages& stages) {
  stages.by_samples<&DenseOp::list_gradient>(*this, kSampleGroup);
  if (!input_.wants_gradient()) return;
  if (fits_in_cache(rows() * weight_row_))
    stages.by_samples<&DenseOp::data_gradient_of_samples>(*this, kSampleGroup);
  else
    stages.by_units<&DenseOp::data_gradient_of_inputs>(*this, inputs_, kInputGroup);
}

void DenseOp::forward(Range samples, Range units) const {
  kernels_.dense_forward({.input = input_.values_of(samples.begin),
                          .weights = weights() + units.begin * weight_row_,
                          .bias = parameters_->weights() + parameters_->offset(bias_) + units.begin,
                          .result = result_.values_of(samples.begin) + units.begin,
                          .input_sample = input_.layout.sample(),
                          .weight_row = weight_row_,
                          .result_sample = result_.layout.sample(),
                          .inputs = inputs_,
                          .samples = samples.size(),
                          .units = units.size(),
                          .relu = relu_});
}

void DenseOp::list_gradient(const StepContext&, Range samples, Scratch) {
  for (std::int64_t n = samples.begin; n < samples.end; ++n) {
    float* const gradients = result_.gradients_of(n);
    if (relu_) kernels_.relu_backward(gradients, result_.values_of(n), units_);
    if (!input_.wants_gradient()) continue;
    const SparseRows row = gradient_.rows().from(n);
    *row.counts = 0;
    kernels_.append_nonzero(row, gradients, units_, static_cast<std::int32_t>(weight_row_));
  }
}

void DenseOp::data_gradient(Range samples, Range inputs) const {
  kernels_.sum_rows({.sparse = gradient_.rows().from(samples.begin),
                     .dense = weights() + inputs.begin,
                     .result = input_.gradients_of(samples.begin) + inputs.begin,
                     .result_row = input_.layout.sample(),
                     .rows = samples.size(),
                     .width = inputs.size()});
}

void DenseOp::update(const StepContext& context, Range units, Scratch scratch) {
  const SparseRows columns = SparseMatrix::in_scratch(scratch, kUnitGroup, capacity_);
  float* const bias = scratch.take<float>(kUnitGroup);
  for (std::int64_t unit = 0; unit < units.size(); ++unit) columns.counts[unit] = 0, bias[unit] = 0;
  for (std::int64_t n = 0; n < context.count; ++n) {
    const float* const gradients = result_.gradients_of(n) + units.begin;
    for (std::int64_t unit = 0; unit < units.size(); ++unit) {
      columns.from(unit).append(gradients[unit], n * input_.layout.sample());
      bias[unit] += gradients[unit];
    }
  }
  context.check(kernels_.update_rows({.sparse = columns,
                                      .dense = input_.values,
                                      .rule = &context.rule,
                                      .offset = parameters_->offset(weight_) + units.begin * weight_row_,
                                      .weight_row = weight_row_,
                                      .rows = units.size(),
                                      .width = inputs_}));
  context.update(kernels_, parameters_->offset(bias_) + units.begin, bias, units.size());
}

}  // namespace

BuiltOp make_dense(const BuildContext& build, const Node& node, bool relu, const Activation& input) {
  auto op = std::make_unique<DenseOp>(build, node, relu, input);
  Activation result = op->result();
  return {std::move(op), result};
}

}  // namespace lenet::cpu
