#pragma once

#include <cstring>
#include <cuda_runtime.h>
#include <utility>

namespace lenet::cuda {

/// Queues a library's product, which keeps intermediate results in its workspace between two kernels. Throws
/// Fault, when it runs, if another has used the workspace between them: those of two branches of a step must
/// be two.
template <class Product>
void enqueue_product(cudaStream_t stream, void* workspace, std::size_t bytes, Product product) {
  static unsigned products = 0;
  const unsigned number = ++products;
  if (bytes > 0)
    simulator::enqueue(stream, [=] {
      std::memset(workspace, 0xFF, bytes);
      std::memcpy(workspace, &number, sizeof number);
    });
  simulator::enqueue(stream, [=, product = std::move(product)] {
    if (bytes > 0) {
      if (std::memcmp(workspace, &number, sizeof number) != 0)
        throw simulator::Fault("a product's workspace was overwritten before it was done");
      std::memset(workspace, 0xFF, bytes);
    }
    product();
  });
}

}  // namespace lenet::cuda
