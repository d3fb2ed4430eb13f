#pragma once

#include <dnnl.hpp>
#include <string>
#include <string_view>

/// Hides the differences between oneDNN 2 and 3: version 2 needs an operation descriptor to create a
/// primitive descriptor, version 3 creates it directly.
namespace lenet::cpu::onednn {

using dnnl::memory;
using dnnl::prop_kind;
using Dims = memory::dims;
using Desc = memory::desc;
using Tag = memory::format_tag;

inline constexpr auto kFloat = memory::data_type::f32;

inline Desc any_layout(const Dims& dims) { return {dims, kFloat, Tag::any}; }

/// Returns the row-major layout for 1, 2 or 4 dimensions.
inline Desc plain_layout(const Dims& dims) {
  return {dims, kFloat, dims.size() == 1 ? Tag::a : dims.size() == 2 ? Tag::ab : Tag::abcd};
}

/// Returns oneDNN's name of the implementation that it chose.
template <class PrimitiveDesc>
std::string name_of(const PrimitiveDesc& desc) {
  return std::string("oneDNN ") + desc.impl_info_str();
}

/// Returns whether oneDNN fell back to its unoptimised reference implementation.
template <class PrimitiveDesc>
bool is_reference(const PrimitiveDesc& desc) {
  return std::string_view(desc.impl_info_str()).find("ref") != std::string_view::npos;
}

#if DNNL_VERSION_MAJOR >= 3
template <class Primitive, class... Arguments>
typename Primitive::primitive_desc describe(const dnnl::engine& engine,
                                            const dnnl::primitive_attr& attributes,
                                            const Arguments&... arguments) {
  return {engine, arguments..., attributes};
}
template <class Primitive, class Hint, class... Arguments>
typename Primitive::primitive_desc describe_backward(const dnnl::engine& engine, const Hint& hint,
                                                     const Arguments&... arguments) {
  return {engine, arguments..., hint};
}
inline void append_relu(dnnl::post_ops& operations) {
  operations.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
}
inline Dims dims_of(const Desc& desc) { return desc.get_dims(); }
#else
template <class Primitive, class... Arguments>
typename Primitive::primitive_desc describe(const dnnl::engine& engine,
                                            const dnnl::primitive_attr& attributes,
                                            const Arguments&... arguments) {
  return {typename Primitive::desc(arguments...), attributes, engine};
}
template <class Primitive, class Hint, class... Arguments>
typename Primitive::primitive_desc describe_backward(const dnnl::engine& engine, const Hint& hint,
                                                     const Arguments&... arguments) {
  return {typename Primitive::desc(arguments...), engine, hint};
}
inline void append_relu(dnnl::post_ops& operations) {
  operations.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
}
inline Dims dims_of(const Desc& desc) { return desc.dims(); }
#endif

/// Returns attributes that, if `relu`, apply ReLU to an operation's result.
inline dnnl::primitive_attr with_relu(bool relu) {
  dnnl::primitive_attr attributes;
  if (relu) {
    dnnl::post_ops operations;
    append_relu(operations);
    attributes.set_post_ops(operations);
  }
  return attributes;
}

/// Describes max-pooling without dilation, which version 3 has added.
inline dnnl::pooling_forward::primitive_desc max_pool(const dnnl::engine& engine, prop_kind kind,
                                                      const Desc& source, const Desc& result,
                                                      const Dims& window) {
  const Dims zeros(window.size(), 0);
#if DNNL_VERSION_MAJOR >= 3
  return {engine, kind, dnnl::algorithm::pooling_max, source, result, window, window, zeros, zeros, zeros};
#else
  return describe<dnnl::pooling_forward>(engine, {}, kind, dnnl::algorithm::pooling_max, source, result,
                                         window, window, zeros, zeros);
#endif
}

inline dnnl::pooling_backward::primitive_desc max_pool_backward(
    const dnnl::engine& engine, const Desc& source_gradient, const Desc& result_gradient, const Dims& window,
    const dnnl::pooling_forward::primitive_desc& hint) {
  const Dims zeros(window.size(), 0);
#if DNNL_VERSION_MAJOR >= 3
  return {engine,          dnnl::algorithm::pooling_max,
          source_gradient, result_gradient,
          window,          window,
          zeros,           zeros,
          zeros,           hint};
#else
  return describe_backward<dnnl::pooling_backward>(engine, hint, dnnl::algorithm::pooling_max,
                                                   source_gradient, result_gradient, window, window, zeros,
                                                   zeros);
#endif
}

}  // namespace lenet::cpu::onednn
