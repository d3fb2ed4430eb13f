#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/core/batch.hpp"
#include "engine/core/dataset_view.hpp"

namespace lenet::train {

struct BatchOptions {
  std::int64_t batch = 50;
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  std::int64_t first_batch = 0;  ///< first batch of the epoch to deliver; not 0 in a resumed run
  bool by_index = false;         ///< fill only sample_index: the pixels are on the device
};

/// Delivers the batches of one epoch: each sample once, in the order that seed and epoch determine; the last
/// batch may be short. A thread of its own fills the slots ahead of the caller, so that the device never
/// waits.
class BatchStream {
 public:
  /// `data` and `slots` must outlive the stream. No other stream may use the slots at the same time.
  BatchStream(const DatasetView& data, const BatchOptions& options, HostSlots& slots);
  /// Stops the thread and drops the batches that were not taken.
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  /// Returns the next batch, or null after the last. From the next call on the slot may be filled again, once
  /// the device has read it. Rethrows what the filling thread threw.
  const HostSlot* next();

 private:
  void fill_ahead();
  bool wait_for_room(std::int64_t batch);
  void fill(HostSlot& slot, std::int64_t batch) const;
  std::int64_t batches() const;

  DatasetView data_;
  BatchOptions options_;
  HostSlots& slots_;
  std::vector<std::uint32_t> order_;

  std::mutex mutex_;
  std::condition_variable ready_;  ///< signals that a batch was filled or that filling failed
  std::condition_variable room_;   ///< signals that enough slots were released or that the stream ends
  std::int64_t filled_;            ///< batches ready so far
  std::int64_t released_;          ///< batches that the caller has finished with
  std::int64_t taken_;             ///< batches handed out; used only by the caller's thread
  std::int64_t wake_at_ = 0;       ///< value of released_ at which the filling thread goes on
  bool stop_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  ///< last member, so that all it uses exists before it starts
};

}  // namespace lenet::train
