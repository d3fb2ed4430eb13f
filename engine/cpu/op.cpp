#include "engine/cpu/op.hpp"

namespace lenet::cpu {

Activation BuildContext::activation(const Layout& layout, bool with_gradient) const {
  const auto allocate = [&] { return buffers->emplace_back(capacity * layout.sample()).data(); };
  Activation made{.layout = layout, .values = allocate()};
  if (training && with_gradient) made.gradients = allocate();
  return made;
}

void Op::set_products(const BuildContext& build, std::string_view forward, std::string_view backward,
                      bool data_gradient) {
  const auto add = [&](const char* product, std::string_view kernel) {
    implementations_.push_back({.layer = name_,
                                .product = product,
                                .chosen = std::string(build.kernels.name) + " " + std::string(kernel)});
  };
  add("forward", forward);
  if (!build.training) return;
  add("weight gradient", backward);
  if (data_gradient) add("data gradient", backward);
}

}  // namespace lenet::cpu
