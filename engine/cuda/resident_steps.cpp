#include "engine/cuda/resident_steps.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/rounding.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/nvtx.hpp"
#include "engine/cuda/runtime/stream_order.hpp"
#include "kernels/launch_batch_position.hpp"

namespace lenet::cuda {

CudaResidentSteps::CudaResidentSteps(Setting setting, DeviceMemory& memory)
    : setting_(std::move(setting)), steps_per_epoch_(ceil_divide(setting_.samples, setting_.batch)) {
  // A graph that is longer than an epoch would never be launched.
  const std::int64_t full = std::max<std::int64_t>(1, setting_.samples / setting_.batch);
  if (!setting_.fused) setting_.steps = std::min(setting_.steps, full);
  const std::size_t bytes = 2 * static_cast<std::size_t>(setting_.samples) * sizeof(std::uint32_t);
  host_orders_ = PinnedBuffer(bytes);
  orders_ = memory.allocate("data", bytes);
  position_ = memory.allocate("data", sizeof(std::int64_t));
}

CudaResidentSteps::~CudaResidentSteps() { static_cast<void>(cudaStreamSynchronize(copies_.get())); }

void CudaResidentSteps::set_order(std::int64_t epoch, std::span<const std::uint32_t> order) {
  const NvtxRange range("order of an epoch");
  LENET_CHECK(cudaSetDevice(setting_.device));
  if (std::cmp_not_equal(order.size(), setting_.samples))
    throw Error("an epoch's order must name each sample");
  const auto place = static_cast<std::size_t>(epoch % 2);
  Order& slot = order_[place];
  LENET_CHECK(cudaEventSynchronize(slot.uploaded.get()));  // the pinned memory is free
  const std::size_t begin = place * order.size_bytes();
  std::ranges::copy(std::as_bytes(order), host_orders_.data() + begin);
  make_wait(copies_.get(), setting_.stream, before_copy_);  // for steps that read what was there before
  LENET_CHECK(cudaMemcpyAsync(orders_.as<std::byte>() + begin, host_orders_.data() + begin,
                              order.size_bytes(), cudaMemcpyHostToDevice, copies_.get()));
  LENET_CHECK(cudaEventRecord(slot.uploaded.get(), copies_.get()));
  slot.epoch = epoch;
  slot.awaited = false;
}

void CudaResidentSteps::wait_for_order(std::int64_t epoch) {
  Order& slot = order_[static_cast<std::size_t>(epoch % 2)];
  if (slot.epoch != epoch) throw Error("steps of an epoch were asked for whose order is not known");
  if (!slot.awaited) LENET_CHECK(cudaStreamWaitEvent(setting_.stream, slot.uploaded.get(), 0));
  slot.awaited = true;
}

// Graphs begin at multiples of their length, so that a resumed run soon has the same ones again.
CudaResidentSteps::Launch CudaResidentSteps::next_launch(std::int64_t first, std::int64_t most) const {
  const std::int64_t step = first % steps_per_epoch_;
  const std::int64_t full = setting_.samples / setting_.batch;  // steps with a full batch
  if (step >= full) return {setting_.samples % setting_.batch, 1};
  const bool graph = warm_.contains(setting_.batch) && first % setting_.steps == 0 &&
                     std::min(most, full - step) >= setting_.steps;
  return {setting_.batch, graph ? setting_.steps : 1};
}

std::int64_t CudaResidentSteps::train(std::int64_t first, std::int64_t most) {
  const NvtxRange range("steps");
  LENET_CHECK(cudaSetDevice(setting_.device));
  wait_for_order(first / steps_per_epoch_);
  // Two launches keep the device busy; with more, a request to stop would wait for all of them.
  const Event& launched = launched_[launches_++ % launched_.size()];
  LENET_CHECK(cudaEventSynchronize(launched.get()));
  setting_.counter->expect(first);
  std::int64_t count = 0;
  if (setting_.fused) {
    count = queue_fused(first, most);
  } else {
    const Launch launch = next_launch(first, most);
    queue(launch);
    count = launch.count;
  }
  setting_.counter->advance(count);
  LENET_CHECK(cudaEventRecord(launched.get(), setting_.stream));
  return count;
}

std::int64_t CudaResidentSteps::queue_fused(std::int64_t first, std::int64_t most) {
  const std::int64_t step = first % steps_per_epoch_;
  const std::int64_t count = std::min({most, setting_.steps, steps_per_epoch_ - step});
  const std::int64_t begin = step * setting_.batch;
  const std::int64_t place = first / steps_per_epoch_ % 2 * setting_.samples;
  setting_.fused->queue(orders_.as<std::uint32_t>() + place + begin,
                        std::min(count * setting_.batch, setting_.samples - begin), first);
  return count;
}

void CudaResidentSteps::queue(const Launch& launch) {
  // The first step of its kind runs eagerly: libraries may load code and allocate, which capture forbids.
  const bool cold = warm_.insert(launch.batch).second;
  if (cold || !setting_.captured) return queue_kernels(launch);
  auto found = graphs_.find(launch);
  if (found == graphs_.end())
    found = graphs_.emplace(launch, StepGraph(setting_.stream, [&] { queue_kernels(launch); })).first;
  found->second.launch(setting_.stream);
}

void CudaResidentSteps::queue_kernels(const Launch& launch) {
  LENET_CHECK(kernels::launch_batch_position({.state = setting_.counter->state(),
                                              .samples = setting_.samples,
                                              .batch = setting_.batch,
                                              .position = position_.as<std::int64_t>()},
                                             setting_.stream));
  Plan& plan = setting_.plan(launch.batch);
  DeviceBatch batch = setting_.data;
  batch.position = position_.as<std::int64_t>();
  for (std::int64_t step = 0; step < launch.count; ++step) {
    batch.sample_index = orders_.as<std::uint32_t>() + step * setting_.batch;
    plan.train(batch);
  }
}

}  // namespace lenet::cuda
