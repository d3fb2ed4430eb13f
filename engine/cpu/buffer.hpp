#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "engine/core/rounding.hpp"

namespace lenet::cpu {

/// Floats, initially zero, aligned to a cache line so that no vector load crosses two lines.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t count) : count_(count) {
    const std::size_t bytes = round_up(count * sizeof(float), kAlignment);
    if (bytes == 0) return;
    data_.reset(static_cast<float*>(std::aligned_alloc(kAlignment, bytes)));
    if (!data_) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes);
  }

  float* data() const { return data_.get(); }
  std::size_t count() const { return count_; }

 private:
  static constexpr std::size_t kAlignment = 64;
  struct Free {
    void operator()(float* data) const { std::free(data); }
  };
  std::unique_ptr<float, Free> data_;
  std::size_t count_ = 0;
};

}  // namespace lenet::cpu
