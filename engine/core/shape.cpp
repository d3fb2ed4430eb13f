#include "engine/core/shape.hpp"

namespace lenet {

std::string to_string(const Shape& shape) {
  if (shape.rank() == 0) return "scalar";
  std::string text;
  for (const std::int64_t size : shape.sizes()) {
    if (!text.empty()) text += "×";
    text += std::to_string(size);
  }
  return text;
}

}  // namespace lenet
