#include "data/batch_stream.hpp"

#include <algorithm>
#include <cstring>

#include "engine/core/random.hpp"

namespace lenet {

BatchStream::BatchStream(const DatasetView& data, const BatchOptions& options, HostSlots& slots)
    : data_(data),
      options_(options),
      slots_(slots),
      order_(shuffled_indices(data.count(), options.seed, options.epoch)),
      filled_(options.first_batch),
      released_(options.first_batch),
      taken_(options.first_batch),
      thread_([this] { fill_ahead(); }) {}

BatchStream::~BatchStream() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

const HostSlot* BatchStream::next() {
  std::unique_lock lock(mutex_);
  released_ = taken_;
  changed_.notify_all();
  if (taken_ >= batches()) return nullptr;
  changed_.wait(lock, [&] { return filled_ > taken_ || failure_; });
  if (filled_ <= taken_) std::rethrow_exception(failure_);
  const auto ring = slots_.slots();
  return &ring[static_cast<std::size_t>(taken_++ - options_.first_batch) % ring.size()];
}

void BatchStream::fill_ahead() {
  try {
    const auto ring = slots_.slots();
    const auto ahead = static_cast<std::int64_t>(ring.size());
    for (std::int64_t batch = options_.first_batch; batch < batches(); ++batch) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || batch < released_ + ahead; });
        if (stop_) return;
      }
      HostSlot& slot = ring[static_cast<std::size_t>(batch - options_.first_batch) % ring.size()];
      slots_.wait_until_free(slot.index);
      fill(slot, batch);
      {
        const std::lock_guard lock(mutex_);
        filled_ = batch + 1;
      }
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

void BatchStream::fill(HostSlot& slot, std::int64_t batch) const {
  const std::int64_t first = batch * options_.batch;
  const auto count = static_cast<std::size_t>(std::min(options_.batch, data_.count() - first));
  slot.count = static_cast<std::int64_t>(count);
  slot.by_index = options_.by_index;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t sample = order_[static_cast<std::size_t>(first) + i];
    slot.sample_index[i] = static_cast<std::uint32_t>(sample);
    if (options_.by_index) continue;
    std::memcpy(&slot.pixels[i * kImagePixels], &data_.pixels[sample * kImagePixels], kImagePixels);
    slot.labels[i] = data_.labels[sample];
  }
}

std::int64_t BatchStream::batches() const { return (data_.count() + options_.batch - 1) / options_.batch; }

}  // namespace lenet
