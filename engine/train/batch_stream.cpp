#include "engine/train/batch_stream.hpp"

#include <algorithm>
#include <cstring>

#include "engine/core/random.hpp"
#include "engine/core/rounding.hpp"
#include "engine/core/thread.hpp"

namespace lenet::train {

BatchStream::BatchStream(const DatasetView& data, const BatchOptions& options, HostSlots& slots)
    : data_(data),
      options_(options),
      slots_(slots),
      order_(shuffled_indices(data.count(), options.seed, options.epoch)),
      filled_(options.first_batch),
      released_(options.first_batch),
      taken_(options.first_batch),
      thread_(start_thread("loading batches", [this] { fill_ahead(); })) {}

BatchStream::~BatchStream() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  room_.notify_one();
  thread_.join();
}

const HostSlot* BatchStream::next() {
  std::unique_lock lock(mutex_);
  released_ = taken_;
  if (released_ == wake_at_) room_.notify_one();
  if (taken_ >= batches()) return nullptr;
  ready_.wait(lock, [&] { return filled_ > taken_ || failure_; });
  if (filled_ <= taken_) std::rethrow_exception(failure_);
  const auto ring = slots_.slots();
  return &ring[static_cast<std::size_t>(taken_++ - options_.first_batch) % ring.size()];
}

void BatchStream::fill_ahead() {
  try {
    const auto ring = slots_.slots();
    for (std::int64_t batch = options_.first_batch; batch < batches(); ++batch) {
      if (!wait_for_room(batch)) return;
      HostSlot& slot = ring[static_cast<std::size_t>(batch - options_.first_batch) % ring.size()];
      slots_.wait_until_free(slot.index);
      fill(slot, batch);
      {
        const std::lock_guard lock(mutex_);
        filled_ = batch + 1;
      }
      ready_.notify_one();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    ready_.notify_one();
  }
}

// Once the ring is full, the thread sleeps until half of it is free: waking it for every batch would cost a
// small network more than filling does.
bool BatchStream::wait_for_room(std::int64_t batch) {
  const auto ring = static_cast<std::int64_t>(slots_.slots().size());
  std::unique_lock lock(mutex_);
  if (batch >= released_ + ring) {
    wake_at_ = batch - ring + std::max<std::int64_t>(1, ring / 2);
    room_.wait(lock, [&] { return stop_ || released_ >= wake_at_; });
  }
  return !stop_;
}

void BatchStream::fill(HostSlot& slot, std::int64_t batch) const {
  const std::int64_t first = batch * options_.batch;
  const auto count = static_cast<std::size_t>(std::min(options_.batch, data_.count() - first));
  const auto pixels = static_cast<std::size_t>(data_.image.count());
  slot.count = static_cast<std::int64_t>(count);
  slot.by_index = options_.by_index;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t sample = order_[static_cast<std::size_t>(first) + i];
    slot.sample_index[i] = static_cast<std::uint32_t>(sample);
    if (options_.by_index) continue;
    std::memcpy(&slot.pixels[i * pixels], &data_.pixels[sample * pixels], pixels);
    slot.labels[i] = data_.labels[sample];
  }
}

std::int64_t BatchStream::batches() const { return ceil_divide(data_.count(), options_.batch); }

}  // namespace lenet::train
