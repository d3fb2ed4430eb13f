#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <utility>

#include "engine/core/rounding.hpp"

namespace lenet::cpu {

/// An array, initially zero, aligned to a cache line so that no vector load crosses two lines. Vectors may
/// read and write a little behind its end.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::int64_t count) : count_(count) {
    if (count == 0) return;
    const std::size_t used = static_cast<std::size_t>(count) * sizeof(T) + kSlack;
    // Weights of large layers are read in long strides: with pages of 4 KiB, address translation would cost
    // more than the memory.
    const bool huge = used >= kHugePage;
    const std::size_t bytes = round_up(used, huge ? kHugePage : kCacheLine);
    data_.reset(static_cast<T*>(std::aligned_alloc(huge ? kHugePage : kCacheLine, bytes)));
    if (!data_) throw std::bad_alloc();
    if (huge) madvise(data_.get(), bytes, MADV_HUGEPAGE);  // a hint: where it fails, nothing is lost
    std::memset(data_.get(), 0, bytes);
  }

  T* data() const { return data_.get(); }
  std::int64_t count() const { return count_; }
  std::int64_t bytes() const { return count_ * static_cast<std::int64_t>(sizeof(T)); }

 private:
  static constexpr std::size_t kCacheLine = 64, kHugePage = std::size_t{2} << 20;
  static constexpr std::size_t kSlack = 4 * kCacheLine;
  struct Free {
    void operator()(T* data) const { std::free(data); }
  };
  std::unique_ptr<T, Free> data_;
  std::int64_t count_ = 0;
};

}  // namespace lenet::cpu
