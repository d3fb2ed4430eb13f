#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lenet {

/// The sizes of a tensor, outermost first: {c, h, w} for an image, {n} for a vector. Shapes in a
/// graph have no batch dimension; Programs add it in front.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : sizes_(sizes) {}
  explicit Shape(std::vector<std::int64_t> sizes) : sizes_(std::move(sizes)) {}

  int rank() const { return static_cast<int>(sizes_.size()); }
  std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  const std::vector<std::int64_t>& sizes() const { return sizes_; }

  /// Returns the product of all sizes; 1 for a scalar.
  std::int64_t count() const {
    std::int64_t product = 1;
    for (const std::int64_t size : sizes_) product *= size;
    return product;
  }

  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> sizes_;
};

/// "32×28×28"; "scalar" for rank 0.
std::string to_string(const Shape& shape);

}  // namespace lenet
