#include "engine/cuda/libraries/cudnn_graph.hpp"

#include <vector>

namespace lenet::cuda {

namespace fe = cudnn_frontend;
using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;

namespace {

using Sizes = std::vector<std::int64_t>;

/// Returns the strides of n×c×h×w in the layout.
Sizes strides(const Sizes& n_c_h_w, kernels::Layout layout) {
  const std::int64_t c = n_c_h_w[1], h = n_c_h_w[2], w = n_c_h_w[3];
  if (layout == kernels::Layout::channels_last) return {c * h * w, 1, w * c, c};
  return {c * h * w, h * w, w, 1};
}

fe::DataType_t type_of(DType element) {
  return element == DType::f32 ? fe::DataType_t::FLOAT : fe::DataType_t::BFLOAT16;
}

class Builder {
 public:
  Builder(const ConvShape& shape, DType element) : shape_(shape), element_(element) {
    graph_->set_io_data_type(type_of(element))
        .set_intermediate_data_type(fe::DataType_t::FLOAT)
        .set_compute_data_type(fe::DataType_t::FLOAT);
  }

  std::shared_ptr<fe::graph::Graph> build(ConvKind kind) {
    const Sizes x{shape_.samples, shape_.channels, shape_.height, shape_.width};
    const Sizes w{shape_.filters, shape_.channels, shape_.kernel, shape_.kernel};
    const Sizes y{shape_.samples, shape_.filters, shape_.output_height(), shape_.output_width()};
    if (kind == ConvKind::data_gradient) {
      const auto dgrad = convolution<fe::graph::Conv_dgrad_attributes>();
      output(graph_->conv_dgrad(input(kY, y), input(kW, w), dgrad), x);
    } else if (kind == ConvKind::weight_gradient) {
      const auto wgrad = convolution<fe::graph::Conv_wgrad_attributes>();
      output(graph_->conv_wgrad(input(kY, y), input(kX, x), wgrad), w);
    } else {
      const auto fprop = convolution<fe::graph::Conv_fprop_attributes>();
      Tensor result = graph_->conv_fprop(input(kX, x), input(kW, w), fprop);
      if (kind != ConvKind::forward) result = with_bias(result);
      if (kind == ConvKind::forward_bias_relu)
        result = graph_->pointwise(result,
                                   fe::graph::Pointwise_attributes().set_mode(fe::PointwiseMode_t::RELU_FWD));
      output(result, y);
    }
    return graph_;
  }

 private:
  template <class Attributes>
  Attributes convolution() const {
    return Attributes().set_padding({shape_.padding, shape_.padding}).set_stride({1, 1}).set_dilation({1, 1});
  }

  Tensor input(Uid uid, const Sizes& sizes) {
    return graph_->tensor(fe::graph::Tensor_attributes()
                              .set_uid(uid)
                              .set_dim(sizes)
                              .set_stride(strides(sizes, shape_.layout))
                              .set_data_type(type_of(element_)));
  }

  Tensor with_bias(const Tensor& convolved) {
    const Sizes sizes{1, shape_.filters, 1, 1};
    const Tensor bias = graph_->tensor(fe::graph::Tensor_attributes()
                                           .set_uid(kBias)
                                           .set_dim(sizes)
                                           .set_stride(strides(sizes, shape_.layout))
                                           .set_data_type(type_of(element_)));
    return graph_->pointwise(convolved, bias,
                             fe::graph::Pointwise_attributes().set_mode(fe::PointwiseMode_t::ADD));
  }

  /// Sets sizes and strides even where cuDNN could infer them: without them it finds fewer engines.
  void output(const Tensor& result, const Sizes& sizes) {
    result->set_output(true)
        .set_uid(kOut)
        .set_dim(sizes)
        .set_stride(strides(sizes, shape_.layout))
        .set_data_type(type_of(element_));
  }

  ConvShape shape_;
  DType element_;
  std::shared_ptr<fe::graph::Graph> graph_ = std::make_shared<fe::graph::Graph>();
};

}  // namespace

std::shared_ptr<fe::graph::Graph> conv_graph(ConvKind kind, const ConvShape& shape, DType element) {
  return Builder(shape, element).build(kind);
}

}  // namespace lenet::cuda
