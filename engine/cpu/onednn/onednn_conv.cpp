#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/cpu/forward_conv.hpp"

namespace lenet::cpu {
namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;

dnnl::engine& cpu_engine() {
  static dnnl::engine engine = [] {
    dnnl_set_verbose(0);  // it would write into the programs' output
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

/// Keeps oneDNN in this thread: it would spread a call over OpenMP's threads. Asks for the function at run
/// time, because it has to be that of the OpenMP library that oneDNN was linked to; without one, oneDNN has
/// no threads.
void stay_in_this_thread() {
  using SetThreads = void (*)(int);
  static const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  thread_local bool set = false;
  if (set || !set_threads) return;
  set_threads(1);
  set = true;
}

memory::desc description(const Dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // one per thread
  return attributes;
}

/// The dimensions of a convolution of one image whose padding is in memory.
struct Problem {
  Dims image, filters, bias, result;
};

Problem problem_of(const ConvGeometry& g) {
  const std::int64_t width = g.image_row / g.image_pixel;
  return {.image = {1, g.image_pixel, g.height + g.kernel - 1, width},
          .filters = {g.filters, g.image_pixel, g.kernel, g.kernel},
          .bias = {g.filters},
          .result = {1, g.filters, g.height, width - g.kernel + 1}};
}

dnnl::convolution_forward::primitive_desc describe(const Problem& problem, Tag image, Tag result) {
  const auto kind = dnnl::prop_kind::forward_inference;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const memory::desc descriptions[] = {
      description(problem.image, image), description(problem.filters, Tag::any),
      description(problem.bias, Tag::a), description(problem.result, result)};
  const auto& [from, filters, bias, to] = descriptions;
#if DNNL_VERSION_MAJOR >= 3
  return {cpu_engine(), kind, algorithm, from, filters, bias, to, {1, 1}, {0, 0}, {0, 0}, attributes()};
#else
  return {{kind, algorithm, from, filters, bias, to, {1, 1}, {0, 0}, {0, 0}}, attributes(), cpu_engine()};
#endif
}

/// A layout of results and how oneDNN calls it.
struct Candidate {
  Tag image, result;
  std::int64_t block;  ///< filters that are next to each other; 0: all
};

/// Returns oneDNN's layouts for a problem, the best first. Its fast implementations read a single channel
/// only if they write blocks of filters.
std::vector<Candidate> candidates(const ConvGeometry& geometry, std::int64_t lanes) {
  const Candidate plain{Tag::nhwc, Tag::nhwc, 0};
  if (geometry.image_pixel != 1) return {plain};
  if (lanes == 16) return {{Tag::nchw, Tag::nChw16c, 16}, plain};
  return {{Tag::nchw, Tag::nChw8c, 8}, plain};
}

bool is_plain_loop(std::string_view implementation) {
  return implementation.find("ref") != std::string_view::npos;
}

ConvResult result_of(const Problem& problem, std::int64_t block) {
  const std::int64_t height = problem.result[2], width = problem.result[3];
  if (block == 0) block = problem.result[1];
  return {.pixel = block, .row = width * block, .block = block, .block_step = height * width * block};
}

/// Returns the floats in memory.
std::int64_t floats_of(const memory::desc& desc) {
  return static_cast<std::int64_t>(desc.get_size() / sizeof(float));
}

/// Asks oneDNN for the places of weights: it reorders numbers that tell where they come from.
FilterPacking packing_of(const ConvGeometry& g, const memory::desc& packed_desc) {
  FilterPacking packing{.floats = floats_of(packed_desc), .filter = g.filter()};
  const std::int64_t row = g.kernel * g.image_pixel;
  for (std::int64_t y = 0; y < g.kernel; ++y)
    for (std::int64_t i = 0; i < row; ++i)
      packing.from.push_back(static_cast<std::int32_t>(y * g.kernel_row + i));

  const std::int64_t count = g.filters * g.kernel * row;
  if (count >= std::int64_t{1} << 24)  // beyond, floats do not hold every number
    throw DeviceError("a convolution has more weights than the CPU supports");
  std::vector<float> numbers(static_cast<std::size_t>(count));
  std::vector<float> packed(static_cast<std::size_t>(packing.floats));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i + 1);  // 0: padding
  const memory from(description({g.filters, g.image_pixel, g.kernel, g.kernel}, Tag::ohwi), cpu_engine(),
                    numbers.data());
  const memory to(packed_desc, cpu_engine(), packed.data());
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(from, to).execute(stream, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  stream.wait();
  packing.to.resize(numbers.size());
  for (std::size_t place = 0; place < packed.size(); ++place)
    if (packed[place] > 0)
      packing.to[static_cast<std::size_t>(packed[place]) - 1] = static_cast<std::int32_t>(place);
  return packing;
}

/// A thread's view of the memory that a call works on.
struct Call {
  dnnl::stream stream{cpu_engine()};
  memory image, packed, bias, result, scratch;
  std::unordered_map<int, memory> arguments;

  explicit Call(const dnnl::convolution_forward::primitive_desc& conv)
      : image(view(conv.src_desc())),
        packed(view(conv.weights_desc())),
        bias(view(conv.bias_desc())),
        result(view(conv.dst_desc())),
        scratch(view(conv.scratchpad_desc())),
        arguments{{DNNL_ARG_SRC, image},
                  {DNNL_ARG_WEIGHTS, packed},
                  {DNNL_ARG_BIAS, bias},
                  {DNNL_ARG_DST, result},
                  {DNNL_ARG_SCRATCHPAD, scratch}} {}
  static memory view(const memory::desc& desc) { return {desc, cpu_engine(), nullptr}; }
};

class OnednnConv : public ForwardConv {
 public:
  OnednnConv(const ConvGeometry& geometry, const dnnl::convolution_forward::primitive_desc& conv,
             std::int64_t block, int threads)
      : primitive_(conv) {
    // One by one: copies would share their memory handles.
    for (int thread = 0; thread < threads; ++thread) calls_.emplace_back(conv);
    packing = packing_of(geometry, conv.weights_desc());
    layout = result_of(problem_of(geometry), block);
    result_floats = floats_of(conv.dst_desc());
    scratch_bytes = static_cast<std::int64_t>(conv.scratchpad_desc().get_size());
    implementation = conv.impl_info_str();
  }

  void run(int thread, const float* image, const float* packed, const float* bias, float* result,
           std::byte* scratch) noexcept override {
    stay_in_this_thread();
    Call& call = calls_[static_cast<std::size_t>(thread)];
    // oneDNN has no handles for memory that it only reads.
    const auto set = [](memory& view, const void* data) { view.set_data_handle(const_cast<void*>(data)); };
    set(call.image, image);
    set(call.packed, packed);
    set(call.bias, bias);
    set(call.result, result);
    set(call.scratch, scratch);
    primitive_.execute(call.stream, call.arguments);
  }

 private:
  dnnl::convolution_forward primitive_;
  std::vector<Call> calls_;
};

std::unique_ptr<ForwardConv> make(const ConvGeometry& geometry, std::int64_t lanes, int threads) try {
  stay_in_this_thread();  // a primitive is made for as many threads as there are
  std::unique_ptr<ForwardConv> made;
  for (const Candidate& candidate : candidates(geometry, lanes)) {
    const auto conv = describe(problem_of(geometry), candidate.image, candidate.result);
    made = std::make_unique<OnednnConv>(geometry, conv, candidate.block, threads);
    if (!is_plain_loop(made->implementation)) break;
  }
  return made;
} catch (const dnnl::error& error) {
  throw DeviceError(std::string("oneDNN cannot compute a convolution: ") + error.what());
}

}  // namespace
}  // namespace lenet::cpu

extern "C" __attribute__((visibility("default"))) const lenet::cpu::ForwardConvPlugin* lenet_onednn_plugin() {
  static constexpr lenet::cpu::ForwardConvPlugin plugin{.stamp = lenet::cpu::kForwardConvStamp,
                                                        .make = lenet::cpu::make};
  return &plugin;
}
