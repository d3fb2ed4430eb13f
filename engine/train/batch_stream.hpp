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
  std::int64_t first_batch = 0;  ///< of the epoch: where a resumed run goes on
  bool by_index = false;         ///< fill sample_index alone; the pixels lie on the device
};

/// The batches of one epoch: all samples once, in the order that seed and epoch fix; the last batch may be
/// short. A thread of its own copies them into the slots ahead of the caller, so that the device never waits.
class BatchStream {
 public:
  /// `data` and `slots` must outlive the stream; no other stream may use the slots meanwhile.
  BatchStream(const DatasetView& data, const BatchOptions& options, HostSlots& slots);
  /// Waits for the thread; batches that were not taken are dropped.
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  /// The next batch, or null after the last. The slot may be filled anew from the next call on, as soon as
  /// the device has read it. Throws what the filling thread threw.
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
  std::condition_variable ready_;  ///< a batch was filled, or filling failed
  std::condition_variable room_;   ///< enough slots were released, or the stream ends
  std::int64_t filled_;            ///< batches ready so far
  std::int64_t released_;          ///< batches that the caller is done with
  std::int64_t taken_;             ///< batches handed out; of the caller's thread alone
  std::int64_t wake_at_ = 0;       ///< what released_ has to reach before the filling thread goes on
  bool stop_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  ///< last, so that all it uses is there before it starts
};

}  // namespace lenet::train
