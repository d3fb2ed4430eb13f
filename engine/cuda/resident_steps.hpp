#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "engine/backend.hpp"
#include "engine/cuda/fused_steps.hpp"
#include "engine/cuda/plan.hpp"
#include "engine/cuda/runtime/handles.hpp"
#include "engine/cuda/runtime/memory.hpp"
#include "engine/cuda/runtime/step_graph.hpp"
#include "engine/cuda/step_counter.hpp"

namespace lenet::cuda {

/// Steps that need nothing from the host: the data and the orders of two epochs are in device memory, and the
/// step counter tells each step its batch. Several steps are one graph.
///
///     host:           set_order: wait until the earlier copy is done, fill pinned memory
///     copy stream:    wait for all steps queued so far, copy
///     compute stream:                                       first step of the epoch: wait for the copy
class CudaResidentSteps : public ResidentSteps {
 public:
  struct Setting {
    int device = 0;
    cudaStream_t stream = nullptr;
    DeviceBatch data;             ///< pixels and labels of all samples
    std::int64_t samples = 0;     ///< their number
    std::int64_t batch = 0;       ///< samples per step
    std::int64_t steps = 1;       ///< steps per graph
    bool captured = true;         ///< else the same kernels are launched one by one
    FusedSteps* fused = nullptr;  ///< takes the steps instead of plans, if not null
    StepCounter* counter = nullptr;
    std::function<Plan&(std::int64_t)> plan;  ///< the training plan for a batch size
  };
  CudaResidentSteps(Setting setting, DeviceMemory& memory);
  /// Waits for pending copies: the pinned memory must outlive them.
  ~CudaResidentSteps() override;

  void set_order(std::int64_t epoch, std::span<const std::uint32_t> order) override;
  std::int64_t train(std::int64_t first, std::int64_t most) override;

 private:
  /// An epoch's order: of all even epochs in one place, of all odd ones in another.
  struct Order {
    std::int64_t epoch = -1;
    bool awaited = false;  ///< the compute stream waits for the copy
    Event uploaded{Event::waited_for()};
  };
  /// Steps of one batch size that are queued together.
  struct Launch {
    std::int64_t batch, count;
    auto operator<=>(const Launch&) const = default;
  };

  Launch next_launch(std::int64_t first, std::int64_t most) const;
  void wait_for_order(std::int64_t epoch);
  /// Queues steps from number `first` on, at most `most`, in one kernel. Returns how many.
  std::int64_t queue_fused(std::int64_t first, std::int64_t most);
  void queue(const Launch& launch);
  void queue_kernels(const Launch& launch);

  Setting setting_;
  std::int64_t steps_per_epoch_;
  PinnedBuffer host_orders_;
  DeviceBuffer orders_, position_;
  Stream copies_;
  Event before_copy_;
  std::array<Order, 2> order_;
  /// The last two launches.
  std::array<Event, 2> launched_{Event(Event::waited_for()), Event(Event::waited_for())};
  std::size_t launches_ = 0;
  std::map<Launch, StepGraph> graphs_;
  std::set<std::int64_t> warm_;  ///< batch sizes that have run a step
};

}  // namespace lenet::cuda
